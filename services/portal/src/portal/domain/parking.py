"""Why a record is parked, and why a mend is refused, in sentences that can be said in either language."""

import re
from collections.abc import Mapping

_KNOWN = {
    r"^It is no WorkEvent in protobuf": "It is no work event that can be read; drop or replace it.",
    r"^Its work_id is \"(?P<work_id>.*)\" and the record has": (
        "It names the item {work_id}, and stands in the log under another one; drop or replace it."
    ),
    r"^It carries no fact that this version knows": (
        "It carries no fact that this version knows; upgrade, or drop the record."
    ),
    r"^Its revision is not 1 or more": "Its revision is not 1 or more; correct it.",
    r"^Its (?P<field>\S+) (?:is empty|is missing|has a zero byte)": "Its field {field} is empty or unusable; mend it.",
    r"^Its (?P<field>\S+) lies in the future": "Its time {field} lies in the future; correct the time.",
    r"^Its (?P<field>\S+) lies outside the years": (
        "Its time {field} lies outside the years 2001 to 2099; correct the time."
    ),
    r"^Its (?P<field>\S+) are (?:negative|more than a million)": "Its number {field} cannot be right; correct it.",
    r"^It is due before it was assigned": "It is due before it was assigned; correct the due time.",
    r"^Its citizen_rated": "Its stars are not 1 to 5; correct them.",
    r"^(?:Of its|The shares of its) (?P<field>\S+) ": "The shares of its authors are incomplete; correct them.",
    r"^Its revision (?P<revision>\d+) was used before": (
        "Its revision {revision} was used before by another event; drop or replace this record."
    ),
    r"^Revision (?P<revision>\d+) of the item is missing": (
        "Revision {revision} of the item is missing; send it, or declare it missing."
    ),
    r"^It waits for an earlier record": "It waits for an earlier record of the same item.",
    r"^An initiative has one fact only": "An initiative has one fact only; drop this record.",
    r"^It is assigned twice \(revisions (?P<first>\d+) and (?P<second>\d+)\)": (
        "It is assigned twice (revisions {first} and {second}); drop or replace the second."
    ),
    r"^Its (?P<fact>\w+) \(revision (?P<revision>\d+)\) lies before its assignment": (
        "Its revision {revision} lies before its assignment; correct one of the two times."
    ),
    r"(?s)^This is no WorkEvent of congvu.work.v1: (?P<error>.*)": "This is no work event in JSON: {error}",
    r"does not wait for revision (?P<revision>\d+);": "The item does not wait for revision {revision}.",
    r"^(?P<work_id>.+) has no parked record at offset (?P<offset>\d+);": (
        "{work_id} has no parked record at offset {offset}; perhaps it is mended already."
    ),
}
_PATTERNS = tuple((re.compile(pattern), sentence) for pattern, sentence in _KNOWN.items())

SENTENCES = tuple(_KNOWN.values())
"""All of them, for the catalogue of translations."""


def explain(reason: str) -> tuple[str, Mapping[str, str]]:
    """The sentence to be said, with its values; a reason that is not known here stays as it is."""
    for pattern, sentence in _PATTERNS:
        if found := pattern.search(reason):
            return sentence, found.groupdict()
    return reason, {}
