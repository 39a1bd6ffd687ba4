"""What the service can do: one function per verb, which owns its transaction."""
