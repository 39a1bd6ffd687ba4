"""The verbs of `congvu`."""
