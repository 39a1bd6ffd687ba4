"""The scorecards of a month: sums of officers and units, who depends on whom, all at once or only some."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import evaluation
from evaluation.domain.organization import Leave, Officer, Organization, Post, Unit, UnitVersion
from evaluation.domain.periods import parse_month
from evaluation.domain.policies import Band, load_policies
from evaluation.domain.scorecards import (
    LASTING_DELAY,
    OFFICER,
    UNIT,
    GeneralCriteria,
    MonthInputs,
    Scorecard,
    leaders_concerned,
    score_month,
    units_above,
)

POLICIES = load_policies(Path(evaluation.__file__).parent / "policies")
DECREE, PILOT = POLICIES.names
MARCH = parse_month("2026-03")
BEGIN = date(2025, 1, 1)

PARENTS = {"HUE": "", "A": "HUE", "X": "A", "Y": "A", "B": "HUE"}
POSTS = {
    "chairman": ("HUE", "head", ()),
    "director": ("A", "head", ()),
    "deputy": ("A", "deputy", ("X",)),
    "head-x": ("X", "head", ()),
    "head-y": ("Y", "head", ()),
    "clerk-x": ("X", "staff", ()),
    "clerk-y": ("Y", "staff", ()),
    "ward": ("B", "head", ()),
}
ROWS = {(officer_id, unit_id): {"planned": 1000, "done": 1000} for officer_id, (unit_id, *_) in POSTS.items()}
GENERAL = {subject_id: GeneralCriteria(points=27_000, confirmed=True) for subject_id in (*POSTS, *PARENTS)}


def organization(*, leaves: Mapping[str, tuple[Leave, ...]] | None = None) -> Organization:
    units = [
        Unit(
            unit_id=unit_id,
            kind="division",
            versions=(UnitVersion(valid_from=BEGIN, name=f"Unit {unit_id}", parent_id=parent),),
        )
        for unit_id, parent in PARENTS.items()
    ]
    officers = [
        Officer(
            officer_id=officer_id,
            full_name=officer_id.title(),
            posts=(Post(post_id=officer_id, unit_id=unit_id, role=role, valid_from=BEGIN, field_unit_ids=field),),
            leaves=(leaves or {}).get(officer_id, ()),
        )
        for officer_id, (unit_id, role, field) in POSTS.items()
    ]
    return Organization(units=units, officers=officers, is_working_day=lambda day: day.weekday() < 5)


CITY = organization()


def inputs(**changed: Any) -> MonthInputs:
    wanted: dict[str, Any] = {
        "organization": CITY,
        "month": MARCH,
        "work": ROWS,
        "request": {},
        "general": GENERAL,
        "shortcomings": {},
        "policies": POLICIES,
        "open": True,
    }
    return MonthInputs(**(wanted | changed))


def ratio(card: Scorecard, indicator_id: str) -> object:
    return next(one.ratio for one in card.now.indicators if one.indicator.indicator_id == indicator_id)


def failing(officer_id: str) -> MonthInputs:
    """A month in which this officer has done nothing of what was planned (a leader still has d, đ and e: 35 points)."""
    key = (officer_id, POSTS[officer_id][0])
    general = {**GENERAL, officer_id: GeneralCriteria(points=14_000, confirmed=True)}
    return inputs(work={**ROWS, key: {"planned": 1000}}, general=general)


def test_everyone_and_every_unit_has_a_scorecard_by_both_policies() -> None:
    cards = score_month(inputs())
    assert set(cards) == {(subject, policy) for subject in (*POSTS, *PARENTS) for policy in (DECREE, PILOT)}
    assert {key[0] for key, card in cards.items() if card.subject_kind == UNIT} == set(PARENTS)
    assert all(card.now.points == 9700 for key, card in cards.items() if key[1] == DECREE)


def test_a_scorecard_carries_what_people_need_to_read_it() -> None:
    card = score_month(inputs(), ["clerk-x"])["clerk-x", DECREE]
    assert (card.subject_kind, card.name, card.unit_id, card.unit_name) == (OFFICER, "Clerk-X", "X", "Unit X")
    assert (card.month, card.policy, card.policy_version) == (MARCH, DECREE, "1")
    assert card.legal_reference.startswith("Nghị định 335/2025")
    assert (card.general_points, card.general_confirmed, card.amended, card.open) == (27_000, True, False, True)
    assert card.measures == {"work_planned": 1000, "all_planned": 1000, "work_done": 1000, "all_done": 1000}
    unit = score_month(inputs(), ["X"])["X", DECREE]
    assert (unit.subject_kind, unit.name, unit.unit_id, unit.unit_name) == (UNIT, "Unit X", "X", "Unit X")


@pytest.mark.parametrize("fails", ["clerk-x", "head-x"])
def test_d_of_everyone_who_answers_for_a_failing_officer_is_one_half(fails: str) -> None:
    cards = score_month(failing(fails))
    assert cards[fails, DECREE].now.points in (1400, 4900)
    above = {"chairman", "director", "deputy", "head-x"} - {fails}
    halves = {one for one, (_, role, _) in POSTS.items() if role != "staff" and ratio(cards[one, DECREE], "d") != 1}
    assert halves == above
    assert all(cards[one, DECREE].now.points == 9117 for one in above)


def test_nobody_answers_for_the_head_above() -> None:
    cards = score_month(failing("director"))
    assert ratio(cards["chairman", DECREE], "d") != 1
    assert all(ratio(cards[one, DECREE], "d") == 1 for one in ("director", "deputy", "head-x", "head-y", "ward"))


def test_a_leader_who_fails_by_d_alone_is_failing_for_the_leader_above() -> None:
    # With d = 1 the deputy would have 15.5 + 35 = 50.5 points; the director answers for the deputy, and not for B.
    changed: dict[str, dict[str, Any]] = {"deputy": {"field_unit_ids": ("B",)}, "ward": {"role": "staff"}}
    officers = [
        replace(one, posts=(replace(one.posts[0], **changed.get(one.officer_id, {})),))
        for one in CITY.officers.values()
    ]
    city = Organization(units=CITY.units.values(), officers=officers, is_working_day=lambda day: day.weekday() < 5)
    general = {
        "deputy": GeneralCriteria(points=15_500, confirmed=True),
        "ward": GeneralCriteria(points=14_000, confirmed=True),
    }
    work = {**ROWS, ("deputy", "A"): {"planned": 1000}}
    for ward, half in (({"planned": 1000, "done": 1000}, False), ({"planned": 1000}, True)):
        month = inputs(organization=city, general=GENERAL | general, work={**work, ("ward", "B"): ward})
        cards = score_month(month)
        assert cards["deputy", DECREE].now.points == (4467 if half else 5050)
        assert (ratio(cards["director", DECREE], "d") != 1) is half


def test_an_officer_without_points_is_nobodys_failure() -> None:
    general = {key: value for key, value in GENERAL.items() if key != "clerk-x"}
    work = {key: value for key, value in ROWS.items() if key[0] != "clerk-y"}
    cards = score_month(inputs(general=general, work=work))
    assert cards["clerk-x", DECREE].now.points is cards["clerk-y", DECREE].now.points is None
    assert ratio(cards["director", DECREE], "d") == 1


def test_d_if_nothing_more_is_done_is_that_of_the_others_if_nothing_more_is_done() -> None:
    pending = {"planned": 1000, "done": 1000, "pending_planned": 9000, "pending_items": 9, "pending_units": 9000}
    card = score_month(inputs(work={**ROWS, ("clerk-x", "X"): pending}))["head-x", DECREE]
    assert (card.now.points, card.if_nothing_more.points) == (9700, 9117)


def test_now_and_nothing_more_are_one_result_when_nothing_is_pending() -> None:
    assert all(card.now is card.if_nothing_more for card in score_month(inputs()).values())


def test_findings_and_leave_reach_the_scorecard() -> None:
    leaves = {"clerk-x": (Leave(leave_id="1", kind="sick", valid_from=date(2026, 2, 20), valid_to=None),)}
    found = {"head-y": frozenset({LASTING_DELAY})}
    cards = score_month(inputs(organization=organization(leaves=leaves), shortcomings=found))
    assert cards["head-y", DECREE].now.points == 9117
    reasons = [cards["clerk-x", policy].now.reason for policy in (DECREE, PILOT)]
    assert [reason.en for reason in reasons if reason] == ["on leave all month"] * 2


def test_an_officer_adds_up_all_units_worked_in_and_a_unit_all_work_done_in_it() -> None:
    work = {
        ("clerk-x", "X"): {"planned": 1000, "done": 1000},
        ("clerk-x", "B"): {"planned": 3000, "done": 2000},
        # Nobody holds it: the unit does.
        ("Y", "Y"): {"planned": 500},
    }
    request = {("clerk-x", "X"): {"planned": 70, "due_items": 1}}
    cards = score_month(inputs(work=work, request=request))
    planned = {subject: cards[subject, DECREE].measures.get("all_planned", 0) for subject in ("clerk-x", *PARENTS)}
    assert planned == {"clerk-x": 4070, "HUE": 4570, "A": 1570, "X": 1070, "Y": 500, "B": 3000}
    assert cards["X", DECREE].measures["request_due_items"] == 1
    assert cards["clerk-x", DECREE].unit_id == "X"


def test_work_of_people_and_units_that_organization_does_not_know_is_scored_all_the_same() -> None:
    work = {("ghost", "NOWHERE"): {"planned": 1000, "done": 500}, ("EMPTY", "EMPTY"): {"planned": 1000}}
    cards = score_month(inputs(work=work))
    ghost = cards["ghost", DECREE]
    assert (ghost.subject_kind, ghost.name, ghost.unit_id) == (OFFICER, "", "NOWHERE")
    assert ghost.now.reason is not None
    assert (cards["NOWHERE", DECREE].subject_kind, cards["EMPTY", DECREE].subject_kind) == (UNIT, UNIT)
    assert cards["NOWHERE", DECREE].measures["all_done"] == 500
    assert cards["EMPTY", DECREE].measures["all_planned"] == 1000


def test_an_amended_item_marks_the_scorecards_of_the_officer_and_the_units() -> None:
    cards = score_month(inputs(work={**ROWS, ("clerk-x", "X"): {"planned": 1000, "done": 1000, "amended_items": 1}}))
    assert {key[0] for key, card in cards.items() if card.amended} == {"clerk-x", "X", "A", "HUE"}


def test_a_failing_unit_keeps_the_unit_directly_above_from_excellent() -> None:
    good = {"planned": 9000, "done": 9000, "completed_items": 9, "proactive_items": 9, "due_items": 9}
    work = {("clerk-y", "Y"): good, ("clerk-x", "X"): {"planned": 100, "done": 60}, ("director", "A"): {"done": 40}}
    cards = score_month(inputs(work=work))
    bands = {unit_id: cards[unit_id, DECREE].now.band for unit_id in ("X", "Y", "A", "HUE")}
    assert bands == {"X": Band.NOT_COMPLETED, "Y": Band.EXCELLENT, "A": None, "HUE": Band.EXCELLENT}


def test_only_policies_in_force_in_the_month_score() -> None:
    cards = score_month(inputs(month=parse_month("2025-12")))
    assert {policy for _, policy in cards} == {PILOT}


def test_what_is_known_of_others_is_taken_and_not_worked_out_again() -> None:
    everyone = {key: card.standing for key, card in score_month(inputs()).items()}
    bad = replace(everyone["clerk-x", DECREE], points=4999)
    known = everyone | {("clerk-x", DECREE): bad}
    card = score_month(inputs(), ["head-x"], known)["head-x", DECREE]
    assert (card.now.points, card.if_nothing_more.points) == (9117, 9700)
    # A subject that is to be scored itself is not taken from what was known.
    again = score_month(inputs(), ["clerk-x", "head-x"], known)
    assert again["head-x", DECREE].now.points == 9700


def test_a_change_reaches_the_units_up_to_the_city() -> None:
    assert units_above(inputs(), ["clerk-x"]) == {"X", "A", "HUE"}
    assert units_above(inputs(), ["head-y"]) == {"Y", "A", "HUE"}
    assert units_above(inputs(), ["B"]) == {"B", "HUE"}
    assert units_above(inputs(), []) == set()


def test_leaders_are_concerned_when_someone_begins_or_ceases_to_fail_and_not_before() -> None:
    card = score_month(inputs(), ["clerk-x"])["clerk-x", DECREE]
    failing = replace(card.standing, points=100)
    leaders = {"head-x", "deputy", "director", "chairman"}
    cards = {("clerk-x", DECREE): card}
    assert leaders_concerned(inputs(), cards, {("clerk-x", DECREE): card.standing}) == set()
    assert leaders_concerned(inputs(), cards, {("clerk-x", DECREE): failing}) == leaders
    # Of whom nothing was known.
    assert leaders_concerned(inputs(), cards, {}) == leaders


measures = st.fixed_dictionaries(
    {},
    optional={
        name: st.integers(0, 4).map(lambda value: value * 500)
        for name in (
            "planned",
            "done",
            "pending_planned",
            "done_late_1",
            "carried_planned",
            "due_items",
            "missed_items",
        )
    },
)
rows = st.dictionaries(st.tuples(st.sampled_from(sorted(POSTS)), st.sampled_from(sorted(PARENTS))), measures)


@settings(max_examples=60, deadline=None)
@given(work=rows, request=rows)
def test_the_order_of_rows_and_people_changes_nothing(work: dict[Any, Any], request: dict[Any, Any]) -> None:
    turned = [dict(reversed(list(part.items()))) for part in (work, request)]
    one = score_month(inputs(work=work, request=request))
    other = score_month(inputs(work=turned[0], request=turned[1], organization=organization()))
    assert one == other


@settings(max_examples=60, deadline=None)
@given(work=rows, officer_id=st.sampled_from(sorted(POSTS)), unit_id=st.sampled_from(sorted(PARENTS)), row=measures)
def test_scoring_only_what_a_change_reaches_gives_what_scoring_all_gives(
    work: dict[Any, Any], officer_id: str, unit_id: str, row: dict[str, int]
) -> None:
    before = score_month(inputs(work=work))
    after = inputs(work={**work, (officer_id, unit_id): row})
    known = {key: card.standing for key, card in before.items()}
    some, waiting = dict(before), {officer_id} | units_above(after, [officer_id])
    while waiting:
        cards = score_month(after, waiting, known)
        waiting = leaders_concerned(after, cards, known)
        known |= {key: card.standing for key, card in cards.items()}
        some |= cards
    assert some == score_month(after)


@settings(max_examples=60, deadline=None)
@given(work=rows, request=rows)
def test_the_city_has_the_sum_of_all_rows(work: dict[Any, Any], request: dict[Any, Any]) -> None:
    city = score_month(inputs(work=work, request=request), ["HUE"])["HUE", DECREE]
    total = sum(row.get("done", 0) for part in (work, request) for row in part.values())
    assert city.measures.get("all_done", 0) == total
