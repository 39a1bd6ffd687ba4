"""The facts of the demo city keep every property that the contract asks of an item's life."""

import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import pytest

from congvu.work.v1 import events_pb2 as work
from embedded.demo.catalogue import read_products
from embedded.demo.hours import Frame
from embedded.demo.months import make_facts
from embedded.demo.population import City
from working_calendar import load_calendar

NOW = datetime(2026, 4, 16, 8, 30, tzinfo=UTC)
Facts = Callable[..., list[work.WorkEvent]]
ByItem = Callable[[Sequence[work.WorkEvent]], dict[str, list[work.WorkEvent]]]
Faults = Callable[[Sequence[work.WorkEvent]], list[str]]


@pytest.mark.parametrize("seed", [1, 2, 77])
def test_every_life_of_an_item_is_one_that_the_contract_allows(
    seed: int, facts_of: Facts, by_item: ByItem, faults_of: Faults
) -> None:
    faults = [fault for item in by_item(facts_of(seed)).values() for fault in faults_of(item)]
    assert faults == []


def test_the_checker_finds_what_is_wrong(facts_of: Facts, by_item: ByItem, faults_of: Faults) -> None:
    items = by_item(facts_of(1, facts=3_000))
    long_lives = [item for item in items.values() if len(item) >= 3 and item[0].HasField("assigned")]
    assert all(faults_of([*item[1:], item[0]]) for item in long_lives)
    assert all(faults_of([item[0], item[0], *item[1:]]) for item in long_lives)


@pytest.mark.parametrize(
    "now", [datetime(2026, 1, 1, 1, 0, tzinfo=UTC), datetime(2026, 2, 28, 16, 59, tzinfo=UTC), NOW]
)
def test_nothing_happens_or_is_recorded_after_now(now: datetime, facts_of: Facts) -> None:
    events = facts_of(5, now=now, facts=5_000)
    assert max(event.recorded_at.seconds for event in events) <= now.timestamp()
    assert len(events) >= 5_000


def test_the_same_seed_and_day_make_the_same_facts_and_a_later_hour_only_adds(facts_of: Facts) -> None:
    morning = facts_of(3, now=NOW - timedelta(hours=5))
    later = facts_of(3)
    assert [event.SerializeToString(deterministic=True) for event in later[: len(morning)]] == [
        event.SerializeToString(deterministic=True) for event in morning
    ]
    assert len(later) > len(morning)


def test_another_seed_and_another_day_make_other_items_and_events(facts_of: Facts) -> None:
    one = facts_of(3, facts=2_000)
    for other in (facts_of(4, facts=2_000), facts_of(3, facts=2_000, now=NOW + timedelta(days=1))):
        assert not {event.event_id for event in one} & {event.event_id for event in other}
        assert not {event.work_id for event in one} & {event.work_id for event in other}


def test_event_ids_are_unique(facts_of: Facts) -> None:
    events = facts_of(3)
    assert len({event.event_id for event in events}) == len(events)


def test_facts_come_in_the_order_of_recording(facts_of: Facts) -> None:
    recorded = [event.recorded_at.seconds for event in facts_of(3)]
    assert recorded == sorted(recorded)


def test_facts_occur_in_office_hours(facts_of: Facts) -> None:
    calendar = load_calendar()
    for event in facts_of(3, facts=3_000):
        local = datetime.fromtimestamp(event.occurred_at.seconds, calendar.timezone)
        assert calendar.is_working_day(local.date())
        assert any(start <= local.time() <= end for start, end in calendar.office.spans)


def test_a_term_is_never_shorter_than_the_standard_one(facts_of: Facts) -> None:
    calendar = load_calendar()
    terms = {product.code: product.term_hours for product in read_products()}
    for event in facts_of(3, facts=3_000):
        fact = event.assigned
        if fact.product_code and not event.work_id.endswith("-1"):
            assigned, due = event.occurred_at.ToDatetime(UTC), fact.due_at.ToDatetime(UTC)
            assert calendar.working_hours_between(assigned, due) >= terms[fact.product_code]


def test_routine_work_is_never_outside_the_plan(facts_of: Facts) -> None:
    recurring = {product.code for product in read_products() if product.recurring}
    extras = [event.assigned for event in facts_of(3) if event.assigned.basis == work.BASIS_EXTRA]
    assert extras
    assert all(fact.kind == work.WORK_KIND_TASK and fact.product_code not in recurring for fact in extras)


def test_shares_and_steps_add_up_to_their_product(facts_of: Facts) -> None:
    units = {product.code: product.units for product in read_products()}
    wholes: dict[str, list[work.Assigned]] = defaultdict(list)
    for event in facts_of(3, now=datetime(2026, 4, 30, 16, 0, tzinfo=UTC)):
        if event.assigned.whole_id.startswith("dossier/"):
            wholes[event.assigned.whole_id].append(event.assigned)
    split = [parts for parts in wholes.values() if len(parts) > 1]
    assert len(split) > 50
    assert all(sum(part.standard_units for part in parts) == units[parts[0].product_code] for parts in split)


def test_officers_work_where_their_post_is(facts_of: Facts, city_of: Callable[..., City]) -> None:
    town = city_of(3)
    posts = {person.officer_id: person.stays for person in town.people}
    zone = load_calendar().timezone
    for event in facts_of(3, facts=10_000):
        if event.assigned.officer_id:
            day = datetime.fromtimestamp(event.occurred_at.seconds, zone).date()
            held = [stay.unit_id for stay in posts[event.assigned.officer_id] if stay.since <= day]
            assert held[-1] == event.assigned.unit_id


def test_late_answers_move_the_item_that_waits(facts_of: Facts, by_item: ByItem) -> None:
    items = by_item(facts_of(3))
    moved = [e for item in items.values() for e in item if e.due_changed.cause == work.DUE_CHANGE_CAUSE_COORDINATION]
    requests = {item[0].assigned.waiting_work_id: item for item in items.values() if item[0].assigned.waiting_work_id}
    assert moved
    for event in moved:
        answered = next(fact for fact in requests[event.work_id] if fact.HasField("completed"))
        assert requests[event.work_id][0].assigned.due_at.seconds < answered.occurred_at.seconds
        assert answered.occurred_at.seconds < event.occurred_at.seconds


def test_everything_that_can_happen_to_an_item_happens(facts_of: Facts) -> None:
    events = facts_of(3)
    counts = Counter(event.WhichOneof("fact") for event in events)
    assert set(counts) == {field.name for field in work.WorkEvent.DESCRIPTOR.oneofs_by_name["fact"].fields}
    causes = {event.due_changed.cause for event in events if event.HasField("due_changed")}
    assert {work.DUE_CHANGE_CAUSE_ASSIGNER, work.DUE_CHANGE_CAUSE_COORDINATION, work.DUE_CHANGE_CAUSE_LEAVE} <= causes
    assigned = [event.assigned for event in events if event.HasField("assigned")]
    assert {fact.kind for fact in assigned} == set(work.WorkKind.values()) - {work.WORK_KIND_UNSPECIFIED}
    assert {fact.basis for fact in assigned} == set(work.Basis.values()) - {work.BASIS_UNSPECIFIED}
    assert any(not fact.officer_id for fact in assigned)
    assert any(not fact.product_code for fact in assigned)


def test_some_work_is_reopened_after_the_cut_off_of_its_month(facts_of: Facts, by_item: ByItem) -> None:
    cut_off = load_calendar().cut_off(2026, 3).timestamp()
    april = datetime(2026, 3, 31, 17, tzinfo=UTC).timestamp()
    reopened_late = 0
    for item in by_item(facts_of(3, facts=60_000)).values():
        done = [event for event in item if event.HasField("completed")]
        again = [event for event in item if event.HasField("reopened")]
        if again and done[0].occurred_at.seconds < april:
            reopened_late += again[0].occurred_at.seconds > cut_off
    assert reopened_late > 5


def test_a_full_city_has_what_was_asked_for(
    capsys: pytest.CaptureFixture[str], city_of: Callable[..., City], frame_at: Callable[[datetime], Frame]
) -> None:
    town = city_of(1)
    begun = time.process_time()
    events = make_facts(city=town, frame=frame_at(NOW), seed=1, facts=150_000, now=NOW)
    seconds = time.process_time() - begun
    with capsys.disabled():
        sys.stdout.write(f"\n{len(events):,} facts of the demo city in {seconds:.1f} s\n")
    assert 150_000 <= len(events) < 165_000
    march = [event for event in events if event.occurred_at.ToDatetime().month == 3]
    assert 0.4 < len(march) / len(events) < 0.8


def test_now_finds_work_in_every_state(facts_of: Facts, by_item: ByItem) -> None:
    items = list(by_item(facts_of(3)).values())
    last = Counter(item[-1].WhichOneof("fact") for item in items)
    assert last["submitted"] > 50
    assert last["returned"] > 50
    april = datetime(2026, 3, 31, 17, tzinfo=UTC).timestamp()
    overdue = [item for item in items if item[-1].HasField("assigned") and item[0].assigned.due_at.seconds < april]
    assert len(overdue) > 50
    assert any(not item[0].assigned.officer_id for item in overdue)
    undecided = [
        i for i in items if not i[0].assigned.product_code and not any(e.HasField("product_decided") for e in i)
    ]
    assert undecided


def test_some_officers_finish_nearly_everything_and_some_hardly_half(facts_of: Facts, by_item: ByItem) -> None:
    april = datetime(2026, 3, 31, 17, tzinfo=UTC).timestamp()
    due, done = Counter[str](), Counter[str]()
    for item in by_item(facts_of(3, facts=100_000)).values():
        fact = item[0].assigned
        if fact.officer_id and fact.due_at.seconds < april:
            due[fact.officer_id] += 1
            done[fact.officer_id] += any(e.HasField("completed") and e.occurred_at.seconds < april for e in item)
    shares = [done[officer] / due[officer] for officer in due if due[officer] >= 5]
    assert sum(share > 0.8 for share in shares) > 0.5 * len(shares)
    assert 0.03 < sum(share < 0.5 for share in shares) / len(shares) < 0.25


def test_officers_without_planned_work_only_take_over(facts_of: Facts, city_of: Callable[..., City]) -> None:
    idle = {person.officer_id for person in city_of(3).people if not person.load}
    given = [event.assigned for event in facts_of(3) if event.assigned.officer_id in idle]
    planned = [fact for fact in given if fact.basis == work.BASIS_OWN]
    assert given
    assert planned == []


def test_model_divisions_miss_nothing_and_are_never_at_fault(
    facts_of: Facts, by_item: ByItem, faults_of: Faults, city_of: Callable[..., City]
) -> None:
    models = {unit_id for unit_id, level in city_of(3).levels.items() if level in ("model", "steady")}
    items = [item for item in by_item(facts_of(3)).values() if item[0].assigned.unit_id in models]
    assert len(items) > 300
    assert not any(event.returned.grounds or event.reopened.grounds for item in items for event in item)
    for item in items:
        due = max(_due_times(item))
        done = [event.occurred_at.seconds for event in item if event.WhichOneof("fact") in ("submitted", "completed")]
        assert due > NOW.timestamp() or item[-1].HasField("cancelled") or min(done) <= due


def _due_times(item: Sequence[work.WorkEvent]) -> list[int]:
    facts = [getattr(event, event.WhichOneof("fact") or "") for event in item]
    return [fact.due_at.seconds for fact in facts if hasattr(fact, "due_at") and fact.HasField("due_at")]
