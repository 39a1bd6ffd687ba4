"""Promises of the fold that hold for any story: whatever the order, the repeats, the batches and the clock."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.domain import facts as f
from evaluation.domain.contributions import Contributions, evaluate
from evaluation.domain.ledger import Ledger, Received
from evaluation.domain.measures import FLOWS
from evaluation.domain.periods import Instant, Periods, to_instant
from working_calendar import WorkingCalendar

CALENDAR = WorkingCalendar()
PERIODS = Periods(zone=CALENDAR.timezone, cut_off=CALENDAR.cut_off)
UNITS = 1000
HOUR = 3_600_000_000
BEGIN = to_instant(datetime(2026, 1, 5, 2, tzinfo=UTC))
HOURS = 3000
END = BEGIN + (HOURS + 2000) * HOUR

Numbers = dict[tuple[object, str], int]
Sent = tuple[str, f.Fact]
City = dict[str, list[f.Fact]]


STEPS: tuple[Callable[[int, int, Instant, Instant, bool], f.Body], ...] = (
    lambda a, b, due, other, flag: f.Submitted(),
    lambda a, b, due, other, flag: f.Completed(),
    lambda a, b, due, other, flag: f.Returned(flag, due),
    lambda a, b, due, other, flag: f.Redated(due, other if flag or b else None, not b),
    lambda a, b, due, other, flag: f.DueChanged(due),
    lambda a, b, due, other, flag: f.Reassigned("BC"[b] if flag else "", "UV"[b], other if a % 2 else None),
    lambda a, b, due, other, flag: f.HandedBack(),
    lambda a, b, due, other, flag: f.Cancelled(),
    lambda a, b, due, other, flag: f.ReviewExcused(f"e{a}"),
    lambda a, b, due, other, flag: f.CitizenRated(a % 5 + 1),
)
"""Bodies out of two small numbers, two due times and a flag."""


def hour(n: int) -> Instant:
    """A quarter of a day out of four months: coarse enough for two facts to meet a due time exactly."""
    return BEGIN + 6 * n * HOUR


LATEST = HOURS // 6
MOMENTS = st.integers(0, LATEST).map(hour)
STEP = st.tuples(
    st.integers(0, LATEST),
    st.integers(0, len(STEPS) - 1),
    st.integers(0, 8),
    st.integers(0, 1),
    st.integers(0, 2),
    st.integers(0, 2),
    st.booleans(),
    st.sampled_from([0, 0, 0, 30, 300, 900]),
)
STORY = st.tuples(
    st.lists(STEP, min_size=1, max_size=8, unique_by=lambda step: step[0]),
    st.tuples(*[st.integers(0, LATEST)] * 3),
    st.booleans(),
)


def to_facts(
    told: tuple[list[tuple[int, int, int, int, int, int, bool, int]], tuple[int, int, int], bool],
) -> list[f.Fact]:
    """The facts of one item as they occurred, at different times; revisions in that order."""
    steps, dues, flag = sorted(told[0]), told[1], told[2]
    begin = steps[0][0]
    due = [hour(max(n, begin)) for n in dues]
    facts = []
    for n, (when, kind, a, b, one, other, yes, lag) in enumerate(steps):
        body = STEPS[kind](a, b, due[one], due[other], yes)
        if n == 0:
            officer, product, units = ("A" if yes else "", "P", UNITS) if a else ("A", "", 0)
            body = f.Assigned(officer, "U", False, product, units, due[0], flag or b == 1, flag, "")
        facts.append(f.Fact(hour(when), n + 1, hour(when) + lag * HOUR, f"e{n}", body))
    return facts


STORIES = STORY.map(to_facts)
CITIES = st.dictionaries(st.sampled_from(["task/1", "task/2", "task/3"]), STORIES, min_size=1, max_size=3)


class Books:
    """What the service keeps, in memory: the difference of what an item adds goes into the sums."""

    def __init__(self) -> None:
        self.ledgers: dict[str, Ledger] = {}
        self.applied: dict[str, Contributions] = {}
        self.ticks: dict[str, Instant] = {}
        self.sums: defaultdict[tuple[object, str], int] = defaultdict(int)
        self.at: Instant = 0

    def hear(self, batch: Iterable[Sent]) -> None:
        """A batch of records."""
        touched = set()
        for work_id, fact in batch:
            ledger = self.ledgers.setdefault(work_id, Ledger(work_id=work_id))
            value = f"{work_id} {fact}".encode()
            ledger.receive(Received(offset=hash(value), received_at=0, value=value, fact=fact))
            touched.add(work_id)
        for work_id in touched:
            self._apply(work_id)

    def tick(self, at: Instant) -> int:
        """Lets the clock pass; how many items it changed."""
        self.at = max(self.at, at)
        due = [work_id for work_id, tick in self.ticks.items() if tick <= self.at]
        for work_id in due:
            self._apply(work_id)
        return len(due)

    def _apply(self, work_id: str) -> None:
        facts = self.ledgers[work_id].facts
        if not facts:
            return
        evaluated = evaluate(facts, at=self.at, periods=PERIODS)
        for sign, contributions in ((-1, self.applied.get(work_id, {})), (1, evaluated.contributions)):
            for place, value in numbers(contributions).items():
                self.sums[place] += sign * value
        self.applied[work_id] = evaluated.contributions
        self.ticks.pop(work_id, None)
        if evaluated.next_tick is not None:
            self.ticks[work_id] = evaluated.next_tick

    def totals(self) -> Numbers:
        """The sums that are not zero."""
        return {place: value for place, value in self.sums.items() if value}


def numbers(contributions: Contributions) -> Numbers:
    return {(key, name): value for key, measures in contributions.items() for name, value in measures.items()}


def sums_of(city: City, at: Instant) -> Numbers:
    """What all items add as of an instant, folded once."""
    books = Books()
    books.at = at
    books.hear((work_id, fact) for work_id, facts in city.items() for fact in facts)
    return books.totals()


def sent(city: City) -> list[Sent]:
    return [(work_id, fact) for work_id, facts in city.items() for fact in facts]


@settings(max_examples=300, deadline=None)
@given(city=CITIES, data=st.data())
def test_any_order_repetition_and_batches_give_the_same_sums(city: City, data: st.DataObject) -> None:
    records = data.draw(st.permutations(sent(city)))
    repeats = data.draw(st.lists(st.sampled_from(records), max_size=5))
    records = [*records, *repeats]
    cuts = sorted(data.draw(st.lists(st.integers(0, len(records)), max_size=4)))
    books = Books()
    for begin, end in zip([0, *cuts], [*cuts, len(records)], strict=True):
        books.hear(records[begin:end])
    books.tick(END)
    assert not any(ledger.parked for ledger in books.ledgers.values())
    assert books.totals() == sums_of(city, END)


@settings(max_examples=300, deadline=None)
@given(city=CITIES, ticks=st.lists(MOMENTS, max_size=6), at=MOMENTS)
def test_what_was_folded_live_is_what_a_replay_gives(city: City, ticks: list[Instant], at: Instant) -> None:
    # Live, the facts come as they are recorded and the clock ticks in between, now and then too late.
    arrivals = sorted({fact.recorded_at for _, fact in sent(city) if fact.recorded_at <= at} | {*ticks, at})
    books = Books()
    known: dict[str, list[f.Fact]] = defaultdict(list)
    for moment in arrivals:
        if moment in ticks:
            books.tick(moment)
        now = [(work_id, fact) for work_id, fact in sent(city) if fact.recorded_at == moment]
        books.hear(now)
        for work_id, fact in now:
            known[work_id].append(fact)
    books.tick(at)
    # Revisions that have not come yet leave gaps; what waits behind them counts in neither.
    taken = {work_id: ledger.facts for work_id, ledger in books.ledgers.items() if ledger.facts}
    assert books.totals() == sums_of(taken, books.at)


@settings(max_examples=300, deadline=None)
@given(city=CITIES, at=MOMENTS)
def test_a_tick_applied_twice_changes_nothing_more(city: City, at: Instant) -> None:
    books = Books()
    books.hear(sent(city))
    books.tick(at)
    once = books.totals()
    assert (books.tick(at), books.totals()) == (0, once)


@settings(max_examples=500, deadline=None)
@given(facts=STORIES, data=st.data(), at=MOMENTS)
def test_numbered_by_arrival_the_order_of_arrival_does_not_matter(
    facts: list[f.Fact], data: st.DataObject, at: Instant
) -> None:
    arrived = data.draw(st.permutations(facts))
    numbered = [fact._replace(revision=n) for n, fact in enumerate(arrived, start=1)]
    first, second = (evaluate(one, at=at, periods=PERIODS) for one in (facts, numbered))
    assert (first.contributions, first.next_tick) == (second.contributions, second.next_tick)


@settings(max_examples=500, deadline=None)
@given(facts=STORIES, at=MOMENTS)
def test_only_flows_are_ever_negative_and_in_the_end_they_add_up_to_what_is_open(
    facts: list[f.Fact], at: Instant
) -> None:
    found = evaluate(facts, at=at, periods=PERIODS)
    assert all(value > 0 or name in FLOWS for (_, name), value in numbers(found.contributions).items() if value)
    open_now = sum(
        spell.pin is not None and spell.is_open and spell.handed_in_at is None for spell in found.item.spells
    )
    flows = sum(value for (_, name), value in numbers(found.contributions).items() if name == "carried_items")
    assert flows == open_now


@settings(max_examples=500, deadline=None)
@given(facts=STORIES, at=MOMENTS)
def test_nothing_is_added_as_zero(facts: list[f.Fact], at: Instant) -> None:
    contributions = evaluate(facts, at=at, periods=PERIODS).contributions
    assert all(measures and all(measures.values()) for measures in contributions.values())


@settings(max_examples=500, deadline=None)
@given(facts=STORIES, at=MOMENTS)
def test_an_item_is_in_the_plan_of_a_month_once_whoever_holds_it(facts: list[f.Fact], at: Instant) -> None:
    """L9, L11. Rework after the cut-off is planned once more (L8); what is carried is a measure of its own (L3)."""
    found = evaluate(facts, at=at, periods=PERIODS)
    reworks = sum(spell.accepted for spell in found.item.spells[:-1])
    planned: defaultdict[int, int] = defaultdict(int)
    for key, measures in found.contributions.items():
        planned[key.month] += measures.get("planned", 0) + measures.get("pending_planned", 0)
    assert all(units <= found.item.units * (1 + reworks) for units in planned.values())


@settings(max_examples=500, deadline=None)
@given(facts=STORIES)
def test_the_clock_comes_to_rest(facts: list[f.Fact]) -> None:
    at, ticks = facts[0].occurred_at, 0
    while (tick := evaluate(facts, at=at, periods=PERIODS).next_tick) is not None:
        assert tick > at
        at, ticks = tick, ticks + 1
        assert ticks <= 2 * len(facts) + 2
