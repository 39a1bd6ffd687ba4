"""The event doors: records of the log become domain facts, in the transaction that moves the offset."""
