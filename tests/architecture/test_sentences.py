"""Every sentence of the portal is said in Vietnamese."""

import re
from pathlib import Path

from babel.messages.pofile import read_po

from portal.domain.assigning import SENTENCES as FAULTS
from portal.domain.refusals import SENTENCES as REFUSALS
from portal.web.filters import BAND_NAMES, OTHER_PROBLEM, PROBLEM_NAMES
from portal.web.languages import CATALOGUES
from portal.web.menu import MENU_NAMES, NOTICES
from portal.web.pages.city import COLUMNS as CITY_COLUMNS
from portal.web.pages.units import COLUMNS as UNIT_COLUMNS
from portal.web.words import SENTENCES as WORDS

SOURCE = CATALOGUES.parent
# `t("…")` in templates and `say("…")` in Python, also over several lines; either kind of quotes.
SAID = re.compile(r"""(?:\bt|\bsay|\bSay)\(\s*("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')""")
PLACE = re.compile(r"\{(\w+)\}")


def sentences_said() -> set[str]:
    files: list[Path] = [*SOURCE.rglob("*.html"), *SOURCE.rglob("*.py")]
    literal = {said[1:-1] for file in files for said in SAID.findall(file.read_text())}
    return (
        literal
        | set(BAND_NAMES.values())
        | set(PROBLEM_NAMES.values())
        | {OTHER_PROBLEM}
        | set(NOTICES.values())
        | set(MENU_NAMES)
        | set(REFUSALS)
        | set(FAULTS)
        | {heading for _, heading, _ in (*CITY_COLUMNS, *UNIT_COLUMNS)}
        | set(WORDS)
    )


def catalogue() -> dict[str, str]:
    with (CATALOGUES / "vi.po").open("rb") as file:
        return {str(message.id): str(message.string) for message in read_po(file) if message.id}


def test_every_sentence_has_a_vietnamese_one() -> None:
    known = catalogue()
    assert sorted(one for one in sentences_said() if not known.get(one)) == []


def test_both_name_the_same_values() -> None:
    wrong = [one for one, other in catalogue().items() if set(PLACE.findall(one)) != set(PLACE.findall(other))]
    assert wrong == []
