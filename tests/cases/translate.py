"""From a case to what a city would have sent: facts of work, the organization, findings. README.md has the format."""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any

from cases.case import HUE, SINGLE, Case, instant
from cases.items import HOME_UNIT, facts_of_work
from oracle.facts import (
    Fact,
    Finding,
    GeneralCriteriaScored,
    InitiativeAuthor,
    InitiativeRecognised,
    Leave,
    Officer,
    Organization,
    Post,
    ShortcomingFound,
    Unit,
    UnitVersion,
)

CITY = "HUE"
ELSEWHERE = "ELSEWHERE"
"""Unit of whom nothing is asked: who takes over what is reassigned without a name."""
SUBORDINATE = "SUBORDINATE"
"""The failing officer whom a head answers for, where a case says only that there is one."""

_LONG_AGO = date(2025, 1, 1)


def facts_of_case(case: Case) -> list[Fact]:
    """All facts of work, each item's with revisions in the order in which they were recorded."""
    facts: list[Fact] = []
    for officer_id, content in case.officers.items():
        facts += facts_of_work(officer_id, content.get("work", []), _leaves(content))
    facts += facts_of_work("", case.content.get("work_of_units", []), [])
    if _has_failing_subordinate(case):
        due = f"{case.period}-10T17:00"
        facts += facts_of_work(SUBORDINATE, [{"units": 1, "due": due}], [])
    return [*facts, *_initiatives(case)]


def _initiatives(case: Case) -> Iterator[Fact]:
    for n, entry in enumerate(case.content.get("initiatives") or [], start=1):
        authors = (
            InitiativeAuthor(officer_id=author, unit_id=_home_of(case, author), share=share)
            for author, share in entry["authors"].items()
        )
        yield Fact(
            event_id=f"initiative/{n}#1",
            work_id=f"initiative/{n}",
            revision=1,
            occurred_at=instant(entry["at"]),
            recorded_at=instant(entry["at"]),
            fact=InitiativeRecognised(authors=tuple(authors)),
        )


def organization_of_case(case: Case) -> Organization:
    """Every unit and officer that the case names, below one city."""
    officers = [_officer(officer_id, content) for officer_id, content in case.officers.items()]
    if _has_failing_subordinate(case):
        officers.append(_officer(SUBORDINATE, {}))
    parents = {HOME_UNIT: CITY, ELSEWHERE: CITY, **_named_units(case), **case.content.get("units", {})}
    units = [_unit(CITY, ""), *(_unit(unit_id, parent) for unit_id, parent in parents.items())]
    return Organization(units=tuple(units), officers=tuple(officers))


def _unit(unit_id: str, parent_id: str) -> Unit:
    version = UnitVersion(valid_from=_LONG_AGO, parent_id=parent_id, name=unit_id)
    return Unit(unit_id=unit_id, versions=(version,), kind="division" if parent_id else "city")


def _named_units(case: Case) -> dict[str, str]:
    entries = [*case.content.get("work_of_units", [])]
    for content in case.officers.values():
        entries += content.get("work", [])
        entries += content.get("posts", [])
    return {entry["unit"]: CITY for entry in entries if "unit" in entry}


def _officer(officer_id: str, content: Mapping[str, Any]) -> Officer:
    default = [{"unit": _first_unit(content), "role": content.get("post", "staff")}]
    posts = [_post(f"{officer_id}-{n}", entry) for n, entry in enumerate(content.get("posts", default), start=1)]
    return Officer(officer_id=officer_id, posts=tuple(posts), leaves=tuple(_leaves(content)))


def _post(post_id: str, entry: Mapping[str, Any]) -> Post:
    return Post(
        post_id=post_id,
        unit_id=entry["unit"],
        role=entry["role"],
        valid_from=date.fromisoformat(entry["from"]) if "from" in entry else _LONG_AGO,
        valid_to=date.fromisoformat(entry["to"]) if "to" in entry else None,
        field_unit_ids=tuple(entry.get("field", ())),
    )


def _first_unit(content: Mapping[str, Any]) -> str:
    named = (entry["unit"] for entry in content.get("work", []) if "unit" in entry)
    unit: str = next(named, HOME_UNIT)
    return unit


def _home_of(case: Case, officer_id: str) -> str:
    return _first_unit(case.officers.get(officer_id, {}))


def _leaves(content: Mapping[str, Any]) -> list[Leave]:
    entry = content.get("leave")
    if entry is None:
        return []
    return [
        Leave(
            first_day=date.fromisoformat(entry["from"]),
            last_day=date.fromisoformat(entry["to"]),
            registered_at=instant(entry["registered"]),
        )
    ]


def findings_of_case(case: Case) -> list[Finding]:
    """General criteria and written findings of every month the case is about, known since its first minute."""
    findings: list[Finding] = []
    for month in case.months():
        points = {officer_id: content.get("general_points") for officer_id, content in case.officers.items()}
        points |= case.content.get("general_points_of_units", {})
        if _has_failing_subordinate(case):
            points[SUBORDINATE] = 20
        for subject_id, general in points.items():
            if general is not None:
                findings.append(_finding(subject_id, month, GeneralCriteriaScored(points=int(general * 1000))))
        for officer_id, content in case.officers.items():
            findings += [_finding(officer_id, month, found) for found in _shortcomings(content)]
    return [_numbered(finding, findings[:n]) for n, finding in enumerate(findings)]


def _finding(subject_id: str, month: str, fact: GeneralCriteriaScored | ShortcomingFound) -> Finding:
    begin = datetime.combine(date.fromisoformat(f"{month}-01"), datetime.min.time(), HUE).astimezone(UTC)
    return Finding(
        event_id="", subject_id=subject_id, revision=0, occurred_at=begin, recorded_at=begin, period=month, fact=fact
    )


def _numbered(finding: Finding, before: list[Finding]) -> Finding:
    revision = 1 + sum(1 for other in before if other.subject_id == finding.subject_id)
    return Finding(
        event_id=f"finding/{finding.subject_id}#{revision}",
        subject_id=finding.subject_id,
        revision=revision,
        occurred_at=finding.occurred_at,
        recorded_at=finding.recorded_at,
        period=finding.period,
        fact=finding.fact,
    )


def _shortcomings(content: Mapping[str, Any]) -> list[ShortcomingFound]:
    said = content.get("findings", {})
    kinds = {"unit_plan_done": "lasting_delay", "united": "lasting_disunity"}
    return [ShortcomingFound(kind=kind) for key, kind in kinds.items() if said.get(key) is False]


def _has_failing_subordinate(case: Case) -> bool:
    head = case.officers.get(SINGLE, {})
    return head.get("findings", {}).get("subordinates_all_completed") is False
