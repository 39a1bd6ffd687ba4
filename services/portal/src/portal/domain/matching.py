"""Search as people type it: without the marks of Vietnamese, in any case."""

import unicodedata


def plain_text(text: str) -> str:
    """The text without marks and in lower case: "Phường Đông Ba" is "phuong dong ba"."""
    parts = unicodedata.normalize("NFD", text.casefold().replace("đ", "d"))
    return "".join(letter for letter in parts if not unicodedata.combining(letter))


def matches(text: str, sought: str) -> bool:
    """Whether what is sought stands somewhere in the text."""
    return " ".join(plain_text(sought).split()) in " ".join(plain_text(text).split())
