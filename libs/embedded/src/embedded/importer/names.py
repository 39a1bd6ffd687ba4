"""What the names of a log stand for: ids of the city."""

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from urllib.parse import quote

from embedded.importer.mapping import LogMapping
from embedded.importer.report import Reason

PLAIN = re.compile(r"[A-Za-z0-9._]+(?: [A-Za-z0-9._]+)*")
ID_LENGTH = 40


@dataclass(frozen=True, slots=True)
class Holder:
    """Whom a name stands for: an officer (by id), or nobody ("": the unit), or somebody whom the mapping leaves out.

    `registers` tells whether the import registers the officer; `oddity` is what the report says of an item of theirs.
    """

    officer_id: str = ""
    registers: bool = False
    left_out: bool = False
    oddity: Reason | None = None


class Names:
    """Translates the names of one log. The same name always gets the same id, and no two names share one."""

    def __init__(self, mapping: LogMapping) -> None:
        self._mapping = mapping
        self._holders: dict[str, Holder] = {}

    def holder(self, name: str) -> Holder:
        """Whom the name of an officer stands for; "" is nobody."""
        if name not in self._holders:
            self._holders[name] = self._decide(name)
        return self._holders[name]

    def unit_id(self, name: str) -> str:
        """The unit of that name; "" is the municipality itself."""
        return id_of(self._mapping.unit_prefix, name) if name else self._mapping.municipality.unit_id

    def work_id(self, item: str) -> str:
        """import/SOURCE/ITEM."""
        return f"import/{self._mapping.source}/{quote(item, safe='-._~:@+()')}"

    def system_id(self) -> str:
        """Who did what the log tells of nobody: the other system."""
        return f"import/{self._mapping.source}"

    def _decide(self, name: str) -> Holder:
        rules = self._mapping.officers
        if not name:
            return Holder(oddity=Reason.ITEM_WITHOUT_OFFICER)
        if name in rules.leave_out:
            return Holder(left_out=True, oddity=Reason.LEFT_OUT_OFFICER)
        if name in rules.unit_work:
            return Holder(oddity=Reason.UNIT_WORK)
        if name in rules.known:
            return Holder(rules.known[name])
        if rules.others == "register":
            return Holder(id_of(rules.prefix, name), registers=True)
        return Holder(left_out=rules.others == "leave_out", oddity=Reason.UNKNOWN_OFFICER)


def id_of(prefix: str, name: str) -> str:
    """An id that people can read: the name without spaces and accents; a mark is added where that could make two
    names alike."""
    plain = unicodedata.normalize("NFKD", name.replace("đ", "d").replace("Đ", "D"))
    letters = "".join(char for char in plain if not unicodedata.combining(char))
    slug = re.sub(r"[^A-Za-z0-9._]+", "-", letters).strip("-")
    if PLAIN.fullmatch(name) and len(prefix) + len(slug) <= ID_LENGTH:
        return prefix + slug
    mark = hashlib.sha256(name.encode()).hexdigest()[:8]
    return f"{prefix}{slug[: ID_LENGTH - len(prefix) - 9]}-{mark}".replace("--", "-")
