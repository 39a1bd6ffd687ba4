"""What the portal puts together out of several questions; functions take the doors of the caller."""
