"""What the portal asks work, and the commands that it gives."""
