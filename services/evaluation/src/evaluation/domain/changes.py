"""What has changed since an instant: who stands elsewhere, who is heading down, through which items."""

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from evaluation.domain.contributions import Contributions, contribute_known
from evaluation.domain.facts import Fact
from evaluation.domain.periods import Instant, Month, Periods
from evaluation.domain.policies import Band
from evaluation.domain.scorecards import MonthInputs, Standing
from evaluation.domain.shifts import Shift, add_shift, count, shift_inputs, subtract

# What a head wants to know of in time: the lower bands, and points below 50 or 70 (hundredths) whatever the band is.
_LOW: Final = (Band.COMPLETED, Band.NOT_COMPLETED)
_MARKS: Final = (50_00, 70_00)


class ItemAdds(NamedTuple):
    """What an item adds now, and what it added at the earlier instant as it was known then."""

    work_id: str
    facts: Sequence[Fact]
    now: Contributions
    then: Contributions


def compare_item(
    work_id: str, facts: Sequence[Fact], now: Contributions, *, since: Instant, periods: Periods
) -> ItemAdds:
    """An item beside what it was."""
    return ItemAdds(work_id, facts, now, contribute_known(facts, by=since, periods=periods))


def inputs_then(inputs: MonthInputs, items: Iterable[ItemAdds], *, carrying: bool) -> MonthInputs:
    """The inputs of a month with the sums of then: those of now, without what the items have added since."""
    shift: Shift = {}
    for item in items:
        then, now = (count(adds, month=inputs.month, carrying=carrying) for adds in (item.then, item.now))
        add_shift(shift, subtract(then, now))
    return shift_inputs(inputs, shift)


def difference(item: ItemAdds, month: Month, *, carrying: bool, carrying_then: bool) -> Shift:
    """What the item adds to the rows of a month now more than then."""
    now, then = count(item.now, month=month, carrying=carrying), count(item.then, month=month, carrying=carrying_then)
    return subtract(now, then)


def has_changed(before: Standing | None, now: Standing) -> bool:
    """Whether points or band are other ones."""
    return before is None or (before.points, before.band) != (now.points, now.band)


def is_heading_down(now: Standing) -> bool:
    """Whether the band falls to one of the lower two, or the points below a mark, if nothing more is done."""
    band, points = now.band_if_nothing_more, now.points_if_nothing_more
    if now.band is not None and band in _LOW and band < now.band:
        return True
    return now.points is not None and points is not None and any(points < mark <= now.points for mark in _MARKS)


def fall(before: Standing | None, now: Standing) -> int:
    """By how much the points have fallen (below 0: risen); without points then or now they have not."""
    if before is None or before.points is None or now.points is None:
        return 0
    return before.points - now.points
