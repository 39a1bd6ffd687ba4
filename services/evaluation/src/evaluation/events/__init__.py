"""What evaluation says: domain to contract, and the records that carry it."""
