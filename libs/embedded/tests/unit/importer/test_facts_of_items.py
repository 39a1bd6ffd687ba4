"""Which facts an item becomes, and what the report says about the odd ones."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest

from embedded.importer.people import OfficerState
from embedded.importer.report import Reason

Lines = Callable[..., str]

REVIEWS = {
    "facts.reviews": [{"submitted": ["draft"], "reviewed": ["check"], "returned_when": ["adjust"], "due": "keep"}],
    "facts.completed": {"at": "end"},
}


def row(step: str, day: int, *, by: str = "Minh", item: str = "A1", **changes: str) -> str:
    """A step at noon of a day in March 2025, of an item that lasts from the 1st to the 20th and is due on the 15th."""
    usual = {"officer": "Lan", "unit": "Land", "due": "2025-03-15T12:00:00Z", "start": "2025-03-01T12:00:00Z"}
    values = usual | {"end": "2025-03-20T12:00:00Z"} | changes
    head = ",".join(values[name] for name in ("officer", "unit", "due", "start", "end"))
    return f"{item},{head},{step},2025-03-{day:02}T12:00:00Z,{by}"


def noon(day: int, month: int = 3) -> datetime:
    return datetime(2025, month, day, 12, tzinfo=UTC)


def test_a_check_followed_by_an_adjustment_returned_the_work(importing: Any, lines: Lines) -> None:
    log = lines(row("draft", 2), row("check", 3, by="Thu"), row("adjust", 5), row("check", 6, by="Thu"))
    done = importing(log, changes=REVIEWS)
    assert done.facts_of("A1") == [
        ("Assigned", noon(1)),
        ("Submitted", noon(2)),
        ("Returned", noon(3)),
        ("Submitted", noon(20)),
        ("Completed", noon(20)),
    ]
    returned = done.events[2]
    assert (returned.fact.due_at, tuple(returned.fact.grounds)) == (noon(15), ())
    assert returned.actor_id == "TOWN-O-Thu"


def test_a_return_after_the_deadline_is_left_out_when_the_log_gives_no_new_one(importing: Any, lines: Lines) -> None:
    done = importing(lines(row("draft", 2), row("check", 16), row("adjust", 17)), changes=REVIEWS)
    assert [kind for kind, _ in done.facts_of("A1")] == ["Assigned", "Completed"]
    assert done.finding(Reason.REVIEW_AFTER_DUE).places[0].line == 3


def test_a_return_may_leave_its_due_time_to_the_intake(importing: Any, lines: Lines) -> None:
    review = [{"reviewed": ["check"], "returned_when": ["adjust"], "due": "standard", "grounds": ["SECOND_SUPPLEMENT"]}]
    done = importing(lines(row("check", 16), row("adjust", 17)), changes={"facts.reviews": review})
    assert done.facts_of("A1")[1:3] == [("Submitted", noon(16)), ("Returned", noon(16))]
    assert (done.events[2].fact.due_at, done.events[2].fact.grounds) == (None, ("SECOND_SUPPLEMENT",))


def test_an_adjustment_without_a_check_is_no_return(importing: Any, lines: Lines) -> None:
    log = lines(row("check", 3), row("adjust", 4), row("adjust", 5))
    done = importing(log, changes=REVIEWS)
    assert [kind for kind, _ in done.facts_of("A1")].count("Returned") == 1
    assert done.finding(Reason.RETURN_WITHOUT_REVIEW).places[0].line == 4


def test_a_step_after_the_decision_makes_no_fact_and_is_counted(importing: Any, lines: Lines) -> None:
    done = importing(lines(row("check", 3), row("adjust", 21)), changes=REVIEWS)
    assert [kind for kind, _ in done.facts_of("A1")] == ["Assigned", "Completed"]
    assert done.finding(Reason.STEP_AFTER_END).count == 1
    assert done.finding(Reason.STEP_AFTER_END).left_out


def test_a_mapping_may_keep_the_steps_after_the_decision(importing: Any, lines: Lines) -> None:
    changes = REVIEWS | {"facts.steps_after_end": "keep", "facts.reviews": [{"reviewed": ["check"]}]}
    done = importing(lines(row("check", 21)), changes=changes)
    assert [kind for kind, _ in done.facts_of("A1")] == ["Assigned", "Completed", "Submitted", "Returned"]
    assert not done.finding(Reason.STEP_AFTER_END).left_out


def test_an_undecided_item_is_closed_at_the_last_time_stamp_of_the_log(importing: Any, lines: Lines) -> None:
    done = importing(lines(row("check", 3, end="EMPTY"), row("check", 25, item="A2", end="2025-03-26T12:00:00Z")))
    assert done.facts_of("A1")[-1] == ("Cancelled", noon(25))
    assert done.events[1].fact.reason == "undecided when the log was taken"
    assert done.finding(Reason.UNDECIDED_CLOSED).count == 1


def test_an_undecided_item_may_stay_open(importing: Any, lines: Lines) -> None:
    done = importing(lines(row("check", 3, end="")), changes={"facts.undecided": "keep_open"})
    assert [kind for kind, _ in done.facts_of("A1")] == ["Assigned"]
    assert Reason.UNDECIDED_OPEN in done.reasons()


@pytest.mark.parametrize(
    ("rule", "facts", "left_out"),
    [
        ("at_start", [("Assigned", noon(1)), ("Completed", noon(1))], False),
        ("leave_out_end", [("Assigned", noon(1)), ("Cancelled", noon(3))], True),
        ("leave_out_item", [], True),
    ],
)
def test_an_end_before_the_start(
    importing: Any, lines: Lines, rule: str, facts: list[tuple[str, datetime]], left_out: bool
) -> None:
    log = lines(row("check", 3, end="2025-02-28T12:00:00Z"))
    done = importing(log, changes={"facts.end_before_start": rule})
    assert done.facts_of("A1") == facts
    assert done.finding(Reason.END_BEFORE_START).left_out is left_out


@pytest.mark.parametrize(
    ("rule", "due"), [("standard_term", None), ("keep", noon(27, 2)), ("leave_out_item", "no item")]
)
def test_a_deadline_before_the_start(importing: Any, lines: Lines, rule: str, due: object) -> None:
    log = lines(row("check", 3, due="2025-02-27T12:00:00Z"))
    done = importing(log, changes={"facts.due_before_start": rule})
    assert (done.events[0].fact.due_at if done.events else "no item") == due
    assert done.finding(Reason.DUE_BEFORE_START).count == 1


def test_a_deadline_before_the_first_step_is_taken_and_noted(importing: Any, lines: Lines) -> None:
    done = importing(lines(row("check", 16)))
    assert done.events[0].fact.due_at == noon(15)
    assert not done.finding(Reason.DUE_BEFORE_FIRST_STEP).left_out


def test_a_time_that_cannot_be_read_costs_what_hangs_on_it(importing: Any, lines: Lines) -> None:
    done = importing(
        lines(
            row("check", 3, item="step").replace("2025-03-03T12:00:00Z", "soon"),
            row("check", 3, item="due", due="soon"),
            row("check", 3, item="start", start="soon"),
            row("check", 3, item="end", end="soon"),
        )
    )
    assert [kind for kind, _ in done.facts_of("step")] == ["Assigned", "Completed"]
    assert next(event for event in done.events if event.work_id.endswith("/due")).fact.due_at is None
    assert not done.facts_of("start")
    assert not done.facts_of("end")
    findings = [each for each in done.report.findings if each.reason is Reason.UNPARSABLE_TIME]
    assert sum(finding.count for finding in findings) == 4
    assert done.report.items == 2


def test_an_item_without_a_start_is_left_out(importing: Any, lines: Lines) -> None:
    done = importing(lines(row("check", 3, start="")))
    assert not done.events
    assert done.finding(Reason.ITEM_WITHOUT_START).left_out


def test_the_first_step_stands_in_for_a_missing_start(importing: Any, lines: Lines) -> None:
    changes = {"facts.assigned": {"at": "start", "steps": ["*"], "which": "first"}}
    done = importing(lines(row("check", 5, start=""), row("draft", 2, start="")), changes=changes)
    assert done.facts_of("A1")[0] == ("Assigned", noon(2))


def test_cancellation_by_a_step_comes_before_a_later_end(importing: Any, lines: Lines) -> None:
    changes = {"facts.cancelled": {"steps": ["withdraw*"], "reason": "withdrawn by the applicant"}}
    done = importing(lines(row("withdraw request", 4), row("check", 3)), changes=changes)
    assert done.facts_of("A1") == [("Assigned", noon(1)), ("Cancelled", noon(4))]


def test_a_step_that_hands_the_item_over_reassigns_it_to_its_doer(importing: Any, lines: Lines) -> None:
    log = lines(row("take over", 4, by="Thu"), row("take over", 5, by="Thu"))
    done = importing(log, changes={"facts.reassigned": ["take over"]})
    assert [kind for kind, _ in done.facts_of("A1")] == ["Assigned", "Reassigned", "Completed"]
    assert done.events[1].fact.officer_id == "TOWN-O-Thu"


def test_test_accounts_stand_for_their_unit(importing: Any, lines: Lines) -> None:
    done = importing(lines(row("check", 3, officer="test")), changes={"organization.officers.unit_work": ["test"]})
    assert (done.events[0].fact.officer_id, done.events[0].fact.unit_id) == ("", "TOWN-Land")
    assert done.finding(Reason.UNIT_WORK).count == 1
    assert [officer.full_name for officer in done.door.organizations[0].officers] == ["Minh"]


def test_items_and_steps_of_officers_left_out_are_left_out(importing: Any, lines: Lines) -> None:
    log = lines(row("check", 3, officer="ghost"), row("check", 3, item="A2", by="ghost"), row("adjust", 4, item="A2"))
    done = importing(log, changes=REVIEWS | {"organization.officers.leave_out": ["ghost"]})
    assert not done.facts_of("A1")
    assert [kind for kind, _ in done.facts_of("A2")] == ["Assigned", "Completed"]
    assert {Reason.LEFT_OUT_OFFICER, Reason.LEFT_OUT_STEP} <= done.reasons()


@pytest.mark.parametrize(("others", "holders"), [("unit_work", {"HUE-7", ""}), ("leave_out", {"HUE-7"})])
def test_unknown_officers_are_treated_as_the_mapping_says(
    importing: Any, lines: Lines, others: str, holders: set[str]
) -> None:
    changes = {"organization.officers.names": {"Lan": "HUE-7"}, "organization.officers.others": others}
    done = importing(lines(row("check", 3), row("check", 3, item="A2", officer="Stranger")), changes=changes)
    assigned = [event.fact.officer_id for event in done.events if event.kind == "Assigned"]
    assert set(assigned) == holders
    assert done.finding(Reason.UNKNOWN_OFFICER).places[0].line == 3
    assert not done.door.organizations[0].officers


def test_an_officer_has_a_post_where_most_items_are_from_the_first_to_the_last_day_seen(
    importing: Any, lines: Lines
) -> None:
    log = lines(
        row("check", 3, by="Lan"),
        row("check", 4, item="A2", unit="Water", start="2025-02-20T12:00:00Z"),
        row("check", 5, item="A3", unit="Water", end="2025-03-28T20:00:00Z"),
    )
    organization = importing(log).door.organizations[0]
    assert [unit.unit_id for unit in organization.units] == ["TOWN", "TOWN-Land", "TOWN-Water"]
    # 20:00 UTC on the 28th is the 29th in Hue.
    assert organization.officers[0] == OfficerState(
        officer_id="TOWN-O-Lan",
        full_name="Lan",
        category="CIVIL_SERVANT",
        unit_id="TOWN-Water",
        valid_from=date(2025, 2, 20),
        valid_to=date(2025, 3, 30),
    )


def test_posts_may_last_to_the_last_due_time_answered_for(importing: Any, lines: Lines) -> None:
    log = lines(row("check", 3, due="2025-06-01T12:00:00Z"))
    changes = {"organization.officers.posts_until": "last_due"}
    lan, _ = importing(log, changes=changes).door.organizations[0].officers
    assert lan.valid_to == date(2025, 6, 2)


def test_nobody_has_a_post_before_the_municipality_is_there(importing: Any, lines: Lines) -> None:
    done = importing(lines(row("check", 3, start="2024-12-01T12:00:00Z")))
    assert done.door.organizations[0].officers[0].valid_from == date(2025, 1, 1)
    assert done.finding(Reason.SEEN_BEFORE_MUNICIPALITY).count == 1


def test_rows_that_disagree_are_noted_and_the_first_step_speaks(importing: Any, lines: Lines) -> None:
    done = importing(lines(row("check", 5, unit="Water"), row("draft", 2, unit="Land")))
    assert done.events[0].fact.unit_id == "TOWN-Land"
    assert done.finding(Reason.ROWS_DISAGREE).places[0].detail == "A1, unit: Land, Water"


def test_a_mapping_may_say_that_the_last_row_speaks(importing: Any, lines: Lines) -> None:
    changes = {"columns.unit": {"column": "unit", "take": "last"}}
    done = importing(lines(row("check", 5, unit="Water"), row("draft", 2, unit="Land")), changes=changes)
    assert done.events[0].fact.unit_id == "TOWN-Water"
    assert Reason.ROWS_DISAGREE not in done.reasons()


def test_the_first_column_that_says_something_is_taken(importing: Any, lines: Lines) -> None:
    changes = {"columns.unit": {"columns": ["unit", "officer"]}}
    done = importing(lines(row("check", 5, unit="EMPTY")), changes=changes)
    assert done.events[0].fact.unit_id == "TOWN-Lan"


def test_a_due_day_ends_with_the_day(importing: Any, lines: Lines) -> None:
    changes = {"columns.due": {"column": "due", "day_end": True}}
    done = importing(lines(row("check", 5, due="2025-03-15")), changes=changes)
    assert done.events[0].fact.due_at == datetime(2025, 3, 15, 22, 59, 59, 999999, tzinfo=UTC)


def test_recorded_now_is_the_time_of_the_import(importing: Any, lines: Lines) -> None:
    as_occurred = importing(lines(row("check", 3))).events[0]
    now = importing(lines(row("check", 3)), changes={"facts.recorded_at": "now"}).events[0]
    assert (as_occurred.recorded_at, now.recorded_at) == (noon(1), datetime(2026, 3, 1, tzinfo=UTC))
    assert as_occurred.event_id == now.event_id


def test_values_are_renamed_and_unknown_kinds_cost_the_item(importing: Any, lines: Lines) -> None:
    changes = {"columns.kind": {"column": "step", "names": {"check": "TASK", "draft": "INCOMING_DOCUMENT"}}}
    done = importing(lines(row("check", 3), row("draft", 3, item="A2"), row("?", 3, item="A3")), changes=changes)
    assert [event.fact.kind for event in done.events if event.kind == "Assigned"] == ["TASK", "INCOMING_DOCUMENT"]
    assert done.finding(Reason.UNKNOWN_VALUE).places[0].line == 4
