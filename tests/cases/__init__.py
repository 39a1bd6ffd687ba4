"""Worked cases: facts in, score out, each number worked by hand. See README.md for the format."""
