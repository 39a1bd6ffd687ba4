"""The published language for work: facts to and from proto, and the records that carry them."""
