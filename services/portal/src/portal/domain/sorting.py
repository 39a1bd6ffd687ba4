"""The order of Vietnamese texts, as browsers have it: letters of the alphabet first, then tones, then case."""

import unicodedata
from collections.abc import Iterator

# As CLDR orders them; what is not here comes after, by its code.
_OTHERS = " \t\n_-‐‑–—,;:!?.…'‘’\"“”()[]{}§@*/\\&#%+<=>~$0123456789"
_ALPHABET = "aăâbcdđeêfghijklmnoôơpqrstuưvwxyz"
# Ngang, huyền, hỏi, ngã, sắc, nặng.
_TONES = ("", "\u0300", "\u0309", "\u0303", "\u0301", "\u0323")
# Circumflex, breve and horn make letters of their own.
_OF_LETTERS = frozenset("\u0302\u0306\u031b")
_PLACES = {letter: place for place, letter in enumerate(_OTHERS + _ALPHABET)}

SortingKey = tuple[tuple[int, ...], tuple[int, ...], tuple[bool, ...]]


def sorting_key(text: str) -> SortingKey:
    """What texts are sorted by: "Ân" stands after "An" and before "Bình", "hoà" after "hoa"."""
    letters, tones, capitals = [], [], []
    for letter, marks in _split(text):
        own = unicodedata.normalize("NFC", letter + "".join(mark for mark in marks if mark in _OF_LETTERS))
        small = own.lower()
        letters.append(_PLACES.get(small, len(_PLACES) + ord(small[0])))
        tones.append(_tone(marks))
        capitals.append(own != small)
    return tuple(letters), tuple(tones), tuple(capitals)


def name_key(full_name: str) -> tuple[SortingKey, SortingKey]:
    """What people are sorted by: the given name, which stands last; then family and middle names."""
    family, _, given = full_name.strip().rpartition(" ")
    return sorting_key(given), sorting_key(family)


def _split(text: str) -> Iterator[tuple[str, list[str]]]:
    """Each letter without marks, with its marks."""
    letter, marks = "", list[str]()
    for sign in unicodedata.normalize("NFD", text):
        if unicodedata.combining(sign) and letter:
            marks.append(sign)
            continue
        if letter:
            yield letter, marks
        letter, marks = sign, []
    if letter:
        yield letter, marks


def _tone(marks: list[str]) -> int:
    """The place of the tone; other marks of other languages stand behind."""
    tones = [mark for mark in marks if mark not in _OF_LETTERS]
    if not tones:
        return 0
    return _TONES.index(tones[0]) if tones[0] in _TONES else ord(tones[0])
