"""The kill tests: whatever is killed, frozen or wiped while it works, no fact is lost or counted twice."""
