"""Case files as they are read: cases, their cut-offs, and what they ask for."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from working_calendar import WorkingCalendar

CALENDAR = WorkingCalendar()
HUE = ZoneInfo("Asia/Ho_Chi_Minh")
FILES = tuple(sorted(Path(__file__).parent.glob("*.yaml")))
SINGLE = "S"
"""The officer of a case that names none."""

_MONTH = re.compile(r"\d{4}-\d{2}")
_MICROSECOND = timedelta(microseconds=1)


class _Loader(yaml.SafeLoader):
    """Numbers keep the digits they are written with; times and days stay text."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_constructor("tag:yaml.org,2002:float", lambda loader, node: Decimal(str(node.value)))


def instant(text: str) -> datetime:
    """A local time of a case file as an instant in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=HUE).astimezone(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is expected of a subject's month under a policy, asked as of `at`."""

    subject_id: str
    period: str
    policy: str
    at: datetime
    expect: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One case: `content` is as written; policy and months are those of its file where it has none of its own."""

    name: str
    policy: str
    period: str
    cut_offs: Mapping[str, datetime]
    content: Mapping[str, Any]

    def cut_off(self, month: str) -> datetime:
        """When a month is read (L2): as the file says, else by the calendar."""
        if month in self.cut_offs:
            return self.cut_offs[month]
        return CALENDAR.cut_off(int(month[:4]), int(month[5:]))

    @property
    def officers(self) -> Mapping[str, Mapping[str, Any]]:
        """Officers by id; a case without them is about one."""
        found: Mapping[str, Mapping[str, Any]] = self.content.get("officers", {SINGLE: self.content})
        return found

    def questions(self) -> list[Question]:
        """All that the case asks."""
        return [*self._of_officers(), *self._of_units(), *self._after_excuse(), *self._asked_at()]

    def months(self) -> list[str]:
        """The months that the case is about."""
        return sorted({question.period for question in self.questions()})

    def _of_officers(self) -> Iterator[Question]:
        for officer_id, content in self.officers.items():
            yield from self._by_month(officer_id, content.get("expect", {}))

    def _of_units(self) -> Iterator[Question]:
        for unit_id, expect in self.content.get("expect_units", {}).items():
            yield from self._by_month(unit_id, expect)

    def _by_month(self, subject_id: str, expect: Mapping[str, Any]) -> Iterator[Question]:
        by_month = expect if expect and all(_MONTH.fullmatch(key) for key in expect) else {self.period: expect}
        for month, expected in by_month.items():
            if expected:
                yield self._question(subject_id, month, self._asked(month), expected)

    def _after_excuse(self) -> Iterator[Question]:
        expect = self.content.get("expect_after_excuse", {})
        for month, expected in expect.items():
            yield self._question(SINGLE, month, self.cut_off(max(expect)), expected)

    def _asked_at(self) -> Iterator[Question]:
        for entry in self.content.get("asked_at", []):
            expect = {key: value for key, value in entry.items() if key not in ("at", "period", "of", "policy")}
            yield Question(
                subject_id=entry.get("of", SINGLE),
                period=entry.get("period", self.period),
                policy=entry.get("policy", self.policy),
                at=instant(entry["at"]),
                expect=expect,
            )

    def _question(self, subject_id: str, period: str, at: datetime, expect: Mapping[str, Any]) -> Question:
        return Question(subject_id=subject_id, period=period, policy=self.policy, at=at, expect=expect)

    def _asked(self, month: str) -> datetime:
        """As the case says, else at the cut-off; before what comes `excused_later`."""
        asked = instant(self.content["at"]) if "at" in self.content else self.cut_off(month)
        excuses = [instant(work["excused_later"]) for work in self.content.get("work", []) if "excused_later" in work]
        return min([asked, *(excuse - _MICROSECOND for excuse in excuses)])


def cases_of(path: Path) -> list[Case]:
    """The cases of a file."""
    content = yaml.load(path.read_text(encoding="utf-8"), _Loader)
    cut_offs = {month: instant(text) for month, text in content.get("cut_off", {}).items()}
    return [
        Case(
            name=case["name"],
            policy=case.get("policy", content.get("policy")),
            period=case.get("period", content.get("period", "")),
            cut_offs=cut_offs,
            content=case,
        )
        for case in content["cases"]
    ]
