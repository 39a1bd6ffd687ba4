"""What lies on the desks of a unit."""

from datetime import UTC, datetime, timedelta

from portal.domain.desk import DeskItem, find_for_review, find_later, find_unheld, find_urgent

NOW = datetime(2026, 11, 23, 1, tzinfo=UTC)
FRIDAY = NOW + timedelta(days=5)


def item(work_id: str, *, due: int | None = None, submitted: int | None = None, officer_id: str = "HUE-1") -> DeskItem:
    """Due in so many days; handed in so many days ago."""
    return DeskItem(
        work_id=work_id,
        title=work_id,
        officer_id=officer_id,
        unit_id="SNV",
        units=1_000,
        due_at=None if due is None else NOW + timedelta(days=due),
        submitted_at=None if submitted is None else NOW - timedelta(days=submitted),
        awaited=(),
        asking="",
        assigner_id="HUE-0",
        has_product=True,
    )


def ids(items: object) -> list[str]:
    return [one.work_id for one in items]  # type: ignore[attr-defined]


def test_late_work_and_what_is_due_by_friday_stand_in_order_of_their_due_times() -> None:
    items = [
        item("soon", due=2),
        item("late", due=-1),
        item("later", due=6),
        item("latest", due=-9),
        item("now", due=0),
    ]
    urgent = find_urgent(items, now=NOW, until=FRIDAY)
    assert ids(urgent.late) == ["latest", "late"]
    assert ids(urgent.soon) == ["now", "soon"]


def test_every_held_item_that_is_still_to_be_done_is_urgent_or_later() -> None:
    items = [item("late", due=-1), item("at-the-end", due=5), item("excused"), item("later", due=9)]
    others = [item("handed-in", due=9, submitted=0), item("free", due=9, officer_id="")]
    assert ids(find_later([*items, *others], until=FRIDAY)) == ["at-the-end", "later", "excused"]


def test_what_is_handed_in_or_excused_is_not_urgent() -> None:
    urgent = find_urgent([item("handed-in", due=-1, submitted=0), item("excused")], now=NOW, until=FRIDAY)
    assert ids([*urgent.late, *urgent.soon]) == []


def test_reviews_stand_by_how_long_they_wait() -> None:
    items = [item("new", submitted=1), item("old", submitted=8), item("open", due=1)]
    assert ids(find_for_review(items)) == ["old", "new"]


def test_unheld_work_without_a_due_time_stands_last() -> None:
    items = [item("b", officer_id=""), item("a", officer_id=""), item("due", due=3, officer_id=""), item("held", due=1)]
    assert ids(find_unheld(items)) == ["due", "a", "b"]
