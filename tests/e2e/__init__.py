"""Journeys through a whole city: real processes, the command line, and an independent scorer as judge."""
