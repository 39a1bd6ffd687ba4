"""The contract's messages to and from the domain, and the records that carry what evaluation says."""
