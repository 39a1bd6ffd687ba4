"""What goes wrong around a city, as sentences for people."""


class CityError(Exception):
    """One sentence that says what is wrong and what to do; the command line prints it and ends with exit code 1."""
