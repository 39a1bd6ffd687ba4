"""What the facts of an item say about its past."""

from datetime import UTC, datetime, timedelta

from portal.domain.history import Happening, failed_reviews, held_since, holders, missed_due_times

START = datetime(2026, 11, 2, 1, tzinfo=UTC)


def day(number: float) -> datetime:
    return START + timedelta(days=number)


def happening(
    fact: str, at: float, *, due: float | None = None, replaces: float | None = None, **more: str
) -> Happening:
    return Happening(
        event_id=more.get("event_id", f"{fact}-{at}"),
        fact=fact,
        occurred_at=day(at),
        due_at=None if due is None else day(due),
        replaces=None if replaces is None else day(replaces),
        officer_id=more.get("officer_id", ""),
        has_grounds=bool(more.get("ground")),
        excuses=more.get("excuses", ""),
    )


ASSIGNED = happening("assigned", 0, due=3, officer_id="A")


def test_a_due_time_that_passes_is_missed_and_one_ahead_is_not() -> None:
    assert missed_due_times([ASSIGNED], day(2)) == []
    assert missed_due_times([ASSIGNED], day(3)) == []
    assert missed_due_times([ASSIGNED], day(4)) == [day(3)]


def test_work_handed_in_waits_without_missing_anything() -> None:
    assert missed_due_times([ASSIGNED, happening("submitted", 3)], day(9)) == []
    assert missed_due_times([ASSIGNED, happening("submitted", 3.1)], day(9)) == [day(3)]


def test_returned_work_can_miss_its_new_due_time() -> None:
    past = [ASSIGNED, happening("submitted", 2), happening("returned", 4, due=6)]
    assert missed_due_times(past, day(5)) == []
    assert missed_due_times(past, day(7)) == [day(6)]


def test_a_new_due_time_given_in_time_replaces_the_old_one_and_a_late_one_does_not() -> None:
    assert missed_due_times([ASSIGNED, happening("due_changed", 2, due=5)], day(4)) == []
    assert missed_due_times([ASSIGNED, happening("due_changed", 4, due=5)], day(6)) == [day(3), day(5)]


def test_an_excused_due_time_is_not_missed_any_more() -> None:
    to_completion = [ASSIGNED, happening("delay_excused", 5, replaces=3)]
    assert missed_due_times(to_completion, day(9)) == []
    to_a_day = [ASSIGNED, happening("delay_excused", 5, due=6, replaces=3)]
    assert missed_due_times(to_a_day, day(5.5)) == []
    assert missed_due_times(to_a_day, day(9)) == [day(6)]


def test_a_move_for_another_units_lateness_takes_the_miss_away() -> None:
    past = [ASSIGNED, happening("due_changed", 5, due=7, replaces=3)]
    assert missed_due_times(past, day(6)) == []


def test_cancelled_work_misses_nothing_more() -> None:
    assert missed_due_times([ASSIGNED, happening("cancelled", 2)], day(9)) == []


def test_a_failed_review_has_a_ground_and_is_not_excused() -> None:
    past = [
        ASSIGNED,
        happening("returned", 4, due=6, event_id="form"),
        happening("returned", 5, due=7, event_id="law", ground="yes"),
        happening("reopened", 6, due=8, event_id="facts", ground="yes"),
        happening("review_excused", 7, excuses="law"),
    ]
    assert [one.event_id for one in failed_reviews(past)] == ["facts"]


def test_holders_are_all_who_ever_had_it_and_the_last_has_it_since_then() -> None:
    past = [ASSIGNED, happening("reassigned", 2, officer_id="B"), happening("submitted", 3)]
    assert holders(past) == {"A", "B"}
    assert held_since(past) == day(2)
