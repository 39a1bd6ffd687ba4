"""What a spell adds to the months (docs/scoring.md, section 3), to the microsecond, and when the clock changes it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from congvu.work.v1 import events_pb2 as pb
from evaluation.domain.measures import FLOWS, MEASURES, to_measures, to_vector
from evaluation.domain.periods import Periods, from_instant, to_instant

TICK = timedelta(microseconds=1)
ONE_ITEM = {"due_units": 1000, "due_items": 1}


def at(day: int, hour: int = 9, *, month: int = 3) -> datetime:
    """A local time in 2026."""
    return datetime(2026, month, day, hour, tzinfo=UTC) - timedelta(hours=7)


DUE = at(10, 17)
CUT_OFF = at(3, 17, month=4)
NEXT_CUT_OFF = at(6, 17, month=5)
END = at(30, 17, month=6)


def picked(measures: dict[str, int], *names: str) -> tuple[int, ...]:
    return tuple(measures.get(name, 0) for name in names)


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (DUE - TICK, {"pending_planned": 1000, "pending_units": 1000, "pending_items": 1}),
        (DUE, {"planned": 1000, **ONE_ITEM}),
        (DUE + TICK, {"planned": 1000, **ONE_ITEM, "missed_items": 1}),
    ],
    ids=["just before", "due", "just after"],
)
def test_l20_an_open_item_is_pending_then_ripe_then_missed(
    story: Any, moment: datetime, expected: dict[str, int]
) -> None:
    story.assigned(at(2), due_at=DUE)
    assert story.adds(moment) == expected


@pytest.mark.parametrize(
    ("completed", "late"), [(DUE - TICK, 0), (DUE, 0), (DUE + TICK, 1)], ids=["just before", "due", "just after"]
)
@pytest.mark.parametrize("verb", ["submitted", "completed"])
def test_exactly_at_the_due_time_is_on_time(story: Any, verb: str, completed: datetime, late: int) -> None:
    story.assigned(at(2), due_at=DUE)
    getattr(story, verb)(completed)
    on_time = {"on_time_units": 1000, "on_time_items": 1} if not late else {"missed_items": 1, "done_late_1": 1000}
    assert story.adds(END) == {"planned": 1000, **ONE_ITEM, "done": 1000, "completed_items": 1, **on_time}


def test_l1_done_early_it_counts_in_the_month_of_its_due_time(story: Any) -> None:
    story.assigned(at(2), due_at=at(20, 17, month=4))
    story.completed(at(28))
    assert story.months(at(29)).keys() == {("A", "2026-04")}
    assert picked(story.adds(at(29), "2026-04"), "planned", "done", "pending_items") == (1000, 1000, 0)


@pytest.mark.parametrize(
    ("completed", "month"),
    [(CUT_OFF, "2026-03"), (CUT_OFF + TICK, "2026-04"), (NEXT_CUT_OFF, "2026-04"), (NEXT_CUT_OFF + TICK, "2026-05")],
)
def test_l2_l3_late_work_is_done_in_the_first_month_that_is_not_read_yet(
    story: Any, completed: datetime, month: str
) -> None:
    story.assigned(at(2), due_at=DUE)
    story.completed(completed)
    done = {key[1] for key, measures in story.months(END).items() if "done" in measures}
    assert done == {month}
    assert picked(story.adds(END), "planned", "missed_items") == (1000, 1)
    assert picked(story.adds(END, month), "done_late_1", "completed_items") == (1000, 1)


def test_l3_open_at_a_cut_off_it_is_carried_from_month_to_month_until_it_is_done(story: Any) -> None:
    story.assigned(at(2), due_at=DUE)
    flow = {"carried_planned": 1000, "carried_items": 1}
    assert story.adds(DUE + TICK, "2026-04") == flow
    story.completed(at(20, month=5))
    back = {name: -value for name, value in flow.items()}
    assert (story.adds(END, "2026-04"), story.adds(END, "2026-06")) == (flow, back)
    assert not FLOWS & story.adds(END, "2026-05").keys()


def test_l3_done_before_the_cut_off_nothing_is_carried(story: Any) -> None:
    story.assigned(at(2), due_at=DUE)
    story.completed(CUT_OFF)
    assert story.months(END).keys() == {("A", "2026-03")}


def test_l3_work_on_top_is_carried_as_an_item_only(story: Any) -> None:
    story.assigned(at(2), due_at=DUE, basis=pb.BASIS_EXTRA)
    assert story.adds(at(20), "2026-04") == {"carried_items": 1}


@pytest.mark.parametrize(
    ("ended", "out"), [(CUT_OFF, None), (CUT_OFF + TICK, "2026-05"), (NEXT_CUT_OFF + TICK, "2026-06")]
)
@pytest.mark.parametrize("verb", ["cancelled", "handed_back", "reassigned"])
def test_l9_l10_l11_missed_work_leaves_after_the_month_in_which_it_was_taken_away(
    story: Any, verb: str, ended: datetime, out: str | None
) -> None:
    story.assigned(at(2), due_at=DUE)
    more = {"officer_id": "B", "due_at": ended + timedelta(days=300)} if verb == "reassigned" else {}
    getattr(story, verb)(ended, **more)
    flows = {
        month: row["carried_items"]
        for (one, month), row in story.months(END).items()
        if one == "A" and "carried_items" in row
    }
    assert flows == ({} if out is None else {"2026-04": 1, out: -1})
    assert picked(story.adds(END), "planned", "due_items", "missed_items", "done") == (1000, 1, 1, 0)


@pytest.mark.parametrize(("times", "measure"), [(1, 1), (2, 2), (3, 3), (4, 4), (6, 4)])
def test_l17_failed_reviews_are_counted_up_to_four(story: Any, times: int, measure: int) -> None:
    story.assigned(at(2), due_at=DUE)
    for n in range(times):
        story.submitted(at(3, 8 + n))
        story.returned(at(3, 8 + n) + TICK, due_at=DUE, grounds=[pb.REVIEW_GROUND_LAW])
    story.completed(at(9))
    assert {name: value for name, value in story.adds(END).items() if name.startswith("done_failed")} == {
        f"done_failed_{measure}": 1000
    }


@pytest.mark.parametrize(("times", "measure"), [(1, 1), (2, 2), (4, 4), (6, 4)])
def test_l4_delays_are_counted_up_to_four_and_one_item_is_missed_once(story: Any, times: int, measure: int) -> None:
    story.assigned(at(2), due_at=at(3, 17))
    for n in range(1, times):
        story.due_changed(at(3 + n, 9), due_at=at(3 + n, 17))
    story.completed(at(20))
    late = {name: value for name, value in story.adds(END).items() if name.startswith("done_late")}
    assert (late, story.adds(END)["missed_items"]) == ({f"done_late_{measure}": 1000}, 1)


@pytest.mark.parametrize(("completed", "proactive"), [(at(6) - TICK, 1), (at(6), 0)])
def test_proactive_is_before_half_of_the_time_was_used(story: Any, completed: datetime, proactive: int) -> None:
    story.assigned(at(2), due_at=at(10))
    story.completed(completed)
    assert picked(story.adds(END), "proactive_items") == (proactive,)


def test_work_begun_by_oneself_is_proactive_whenever_it_is_done(story: Any) -> None:
    story.assigned(at(2), due_at=DUE, basis=pb.BASIS_SELF_INITIATED)
    story.completed(at(20))
    assert story.adds(END)["proactive_items"] == 1


def test_work_excused_to_its_completion_is_never_proactive(story: Any) -> None:
    story.assigned(at(2), due_at=DUE)
    story.delay_excused(at(11), missed_due_at=DUE)
    story.completed(at(12))
    assert picked(story.adds(END), "done", "proactive_items") == (1000, 0)


def test_l15_a_request_counts_in_a_class_of_its_own(story: Any) -> None:
    story.assigned(at(2), due_at=DUE, kind=pb.WORK_KIND_REQUEST)
    story.completed(at(9))
    assert {key.request for key in story.at(END).contributions} == {True}


def test_a_citizens_rating_counts_for_the_spell_that_holds_or_completed_the_item(story: Any) -> None:
    story.assigned(at(2), due_at=DUE)
    story.citizen_rated(at(3), stars=2)
    story.completed(CUT_OFF + TICK)
    story.citizen_rated(at(20, month=4), stars=5)
    assert picked(story.adds(at(4)), "ratings", "rating_stars") == (1, 2)
    assert picked(story.adds(END, "2026-04"), "ratings", "rating_stars") == (2, 7)
    assert picked(story.adds(END), "ratings") == (0,)


def test_a_rating_of_cancelled_work_counts_for_nobody(story: Any) -> None:
    story.assigned(at(2), due_at=DUE)
    story.citizen_rated(at(3), stars=1)
    story.cancelled(at(4))
    story.citizen_rated(at(5), stars=1)
    assert story.months(END) == {}


def test_l19_undecided_work_is_listed_in_its_month_while_it_is_open_or_done(story: Any) -> None:
    story.assigned(at(2), due_at=DUE, product_code="", standard_units=0)
    assert story.adds(at(3)) == {"pending_items": 1, "undecided_items": 1}
    story.cancelled(at(4))
    assert story.months(END) == {}


def test_l16_an_initiative_counts_for_its_authors_for_twelve_months(tell: Callable[..., Any]) -> None:
    initiative = tell("initiative/1")
    initiative.initiative_recognised(at(15), shares={"A": 700, "B": 300})
    months = initiative.months(END)
    assert months["A", "2026-03"] == {"initiative_credit": 700}
    assert months["A", "2027-03"] == {"initiative_credit": -700}
    assert months["B", "2026-03"] == {"initiative_credit": 300}
    assert len(months) == 4


@pytest.mark.parametrize(("recorded", "amended"), [(CUT_OFF, 0), (CUT_OFF + TICK, 1)])
def test_l21_what_is_recorded_after_the_cut_off_amends_the_month(story: Any, recorded: datetime, amended: int) -> None:
    story.assigned(at(2), due_at=DUE)
    story.completed(at(9), recorded_at=recorded)
    assert picked(story.adds(END), "done", "amended_items") == (1000, amended)


def test_l21_a_late_excuse_amends_the_month_that_was_read_and_only_that(story: Any) -> None:
    story.assigned(at(2), due_at=DUE)
    story.completed(at(12))
    story.delay_excused(at(8, month=4), missed_due_at=DUE, due_at=at(12, 17))
    assert picked(story.adds(END), "on_time_items", "amended_items") == (1, 1)
    assert story.months(END).keys() == {("A", "2026-03")}


def test_l21_what_went_on_after_the_cut_off_amends_nothing(story: Any) -> None:
    story.assigned(at(2), due_at=DUE)
    story.completed(at(20, month=4))
    story.citizen_rated(at(21, month=4), stars=5)
    assert not any("amended_items" in row for row in story.months(END).values())


def test_l21_a_miss_that_nobody_could_know_counts_when_it_became_known(story: Any) -> None:
    story.assigned(at(2), due_at=DUE, recorded_at=at(8, month=4))
    assert picked(story.adds(END), "missed_items", "planned") == (0, 0)
    assert picked(story.adds(END, "2026-04"), "missed_items", "planned") == (1, 1000)


def test_l21_an_item_that_leaves_the_month_leaves_its_amendment_behind(story: Any) -> None:
    story.assigned(at(2), due_at=DUE)
    story.due_changed(at(9), due_at=at(10, 17, month=4), recorded_at=at(8, month=4))
    assert story.adds(END) == {"amended_items": 1}


@pytest.mark.parametrize(
    ("moment", "tick"), [(at(5), DUE), (DUE - TICK, DUE), (DUE, DUE + TICK), (DUE + TICK, None), (END, None)]
)
def test_the_clock_changes_an_open_item_at_its_due_time_and_right_after_it(
    story: Any, moment: datetime, tick: datetime | None
) -> None:
    story.assigned(at(2), due_at=DUE)
    assert story.next_tick(moment) == (None if tick is None else to_instant(tick))


def test_the_clock_follows_a_due_time_that_was_moved(story: Any) -> None:
    story.assigned(at(2), due_at=DUE)
    story.due_changed(at(5), due_at=at(20, 17))
    assert story.next_tick(at(6)) == to_instant(at(20, 17))
    story.delay_excused(at(21), missed_due_at=at(20, 17), due_at=at(25, 17))
    assert story.next_tick(at(22)) == to_instant(at(25, 17))


@pytest.mark.parametrize("verb", ["completed", "cancelled"])
def test_the_clock_changes_nothing_of_work_that_is_over(story: Any, verb: str) -> None:
    story.assigned(at(2), due_at=DUE)
    getattr(story, verb)(at(5))
    assert story.next_tick(at(6)) is None


def test_the_clock_re_dates_work_that_waits_for_review(story: Any) -> None:
    # The outage names a due time that comes into force after it was told.
    story.assigned(at(2), due_at=DUE)
    outage = {"cause": pb.DUE_CHANGE_CAUSE_OUTAGE, "replaces_due_at": at(31, 17)}
    story.due_changed(at(3), due_at=at(2, 17, month=4), **outage)
    story.due_changed(at(4), due_at=at(31, 17))
    story.submitted(at(5))
    assert story.next_tick(at(31, 17)) == to_instant(at(31, 17) + TICK)
    assert (story.months(at(31, 17)).keys(), story.months(at(31, 17) + TICK).keys()) == (
        {("A", "2026-03")},
        {("A", "2026-04")},
    )


def test_a_month_is_that_of_the_city(periods: Periods) -> None:
    midnight = datetime(2026, 3, 31, 17, tzinfo=UTC)
    before, after = (periods.month_of(to_instant(moment)) for moment in (midnight - TICK, midnight))
    assert after == before + 1
    assert from_instant(periods.start_of(after)) == midnight


def test_the_window_of_an_instant_is_the_earliest_month_not_read_before_it(periods: Periods) -> None:
    march = periods.month_of(to_instant(DUE))
    assert from_instant(periods.cut_off(march)) == CUT_OFF
    windows = [periods.window_of(to_instant(moment)) for moment in (at(4, 17), DUE, CUT_OFF, CUT_OFF + TICK)]
    assert windows == [march - 1, march, march, march + 1]
    assert periods.window_of(to_instant(DUE), earliest=march + 3) == march + 3


def test_vectors_of_an_older_order_are_understood() -> None:
    measures = {"planned": 5, "done": -3, "initiative_credit": 7}
    assert to_measures(to_vector(measures)) == measures
    assert to_measures(to_vector(measures)[:5]) == {"planned": 5, "done": -3}
    assert len(to_vector({})) == len(MEASURES)
