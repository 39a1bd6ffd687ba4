"""The fold on a real database: any order, repeat and batch gives the same sums, and nothing stops a partition."""

from collections.abc import Iterator
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from congvu.work.v1 import events_pb2 as pb
from evaluation.domain.contributions import Key
from evaluation.domain.measures import add_measures, to_measures
from evaluation.store.evidence import evidence_of
from evaluation.store.items import read_adds
from runtime.events import Record
from testkit.facts import WorkEvents, work_record

from .city import at, city, done

TOPIC = "congvu.work.v1"
FEW = settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def story(city_of: str) -> Iterator[pb.WorkEvent]:
    """Three items of two officers of a city of its own, with all that moves sums."""
    first = WorkEvents(f"task/{city_of}-1", officer_id=f"{city_of}-a", unit_id=city_of)
    yield first.assigned(at(2), due_at=at(10, 17))
    yield first.submitted(at(9))
    yield first.returned(at(11), due_at=at(13, 17), grounds=[pb.REVIEW_GROUND_LAW])
    yield first.completed(at(16))
    yield first.delay_excused(at(18), missed_due_at=at(13, 17), due_at=at(16, 17))
    second = WorkEvents(f"task/{city_of}-2", officer_id=f"{city_of}-a", unit_id=city_of)
    yield second.assigned(at(10, month=2), due_at=at(20, month=2), standard_units=2500)
    yield second.reassigned(at(9), officer_id=f"{city_of}-b", due_at=at(18, 17))
    yield second.citizen_rated(at(10), stars=4)
    third = WorkEvents(f"initiative/{city_of}", officer_id=f"{city_of}-a", unit_id=city_of)
    yield third.initiative_recognised(at(5), shares={f"{city_of}-a": 600, f"{city_of}-b": 400})


def sums_of(evaluation: Any, city_of: str) -> list[tuple[Any, ...]]:
    """Its sums without its name; the partitions are added up, empty rows are none."""
    rows = evaluation.rows(
        f"SELECT replace(subject, '{city_of}', ''), month, request, place, sum(x)"
        "  FROM sums, unnest(vector) WITH ORDINALITY AS part (x, place)"
        f" WHERE unit_id = '{city_of}' GROUP BY 1, 2, 3, 4 HAVING sum(x) <> 0 ORDER BY 1, 2, 3, 4"
    )
    return [tuple(row) for row in rows]


@FEW
@given(data=st.data())
def test_any_order_repetition_and_batches_give_the_same_sums(evaluation: Any, data: st.DataObject) -> None:
    number = evaluation.rows("SELECT count(*) FROM items")[0][0]
    straight, shuffled = f"S{number}", f"T{number}"
    evaluation.hear([work_record(event) for event in story(straight)])
    events = data.draw(st.permutations(list(story(shuffled))))
    events += data.draw(st.lists(st.sampled_from(events), max_size=4))
    evaluation.hear([work_record(event) for event in events], batch=data.draw(st.integers(1, 7)))
    assert evaluation.rows("SELECT count(*) FROM parked") == [(0,)]
    found = sums_of(evaluation, shuffled)
    assert found == sums_of(evaluation, straight)
    assert len(found) > 20


def test_what_the_items_add_adds_up_to_the_sums(evaluation: Any) -> None:
    evaluation.hear([work_record(event) for event in story("S")], batch=2)
    totals: dict[Key, dict[str, int]] = {}
    for (adds,) in evaluation.rows("SELECT adds FROM items"):
        for key, measures in read_adds(adds).items():
            add_measures(totals.setdefault(key, {}), measures)
    sums: dict[Key, dict[str, int]] = {}
    for *key, vector in evaluation.rows("SELECT subject, unit_id, month, request, vector FROM sums"):
        add_measures(sums.setdefault(Key(*key), {}), to_measures(vector))
    assert without_zeros(totals) == without_zeros(sums) != {}


def test_the_evidence_leads_to_what_the_items_add(evaluation: Any) -> None:
    evaluation.hear([work_record(event) for event in story("S")], batch=2)
    expected: set[tuple[object, ...]] = set()
    for work_id, adds in evaluation.rows("SELECT work_id, adds FROM items"):
        expected |= evidence_of(work_id, read_adds(adds))
    assert set(evaluation.rows("SELECT subject, unit_id, month, work_id FROM evidence")) == expected
    assert len(expected) > 4


def without_zeros(totals: dict[Key, dict[str, int]]) -> dict[Key, dict[str, int]]:
    found = {key: {name: value for name, value in measures.items() if value} for key, measures in totals.items()}
    return {key: measures for key, measures in found.items() if measures}


def test_a_tick_that_comes_late_or_twice_changes_nothing_more(evaluation: Any) -> None:
    late, punctual = (list(done(f"task/{one}", one, due=at(25), completed=None, unit_id=one)) for one in ("L", "P"))
    evaluation.hear(punctual)
    for day in (24, 25, 25, 26):
        evaluation.clock.now = at(day)
        evaluation.hear()
    evaluation.clock.now = at(30)
    evaluation.hear(late)
    evaluation.hear()
    evaluation.hear()
    assert sums_of(evaluation, "L") == sums_of(evaluation, "P") != []


NASTY = (
    b"",
    b"\xff\xff\xff",
    pb.WorkEvent(event_id="x", work_id="task/nasty", revision=1).SerializeToString(),
    pb.WorkEvent(event_id="a\0b", work_id="task/nasty", revision=2**62, submitted=pb.Submitted()).SerializeToString(),
)


def nasty_events() -> Iterator[bytes]:
    """Well-formed messages with values that no database or calendar holds."""
    for field, value in (("standard_units", 2**62), ("standard_units", -(2**62)), ("title", "a\0b")):
        event = WorkEvents("task/nasty").assigned(at(2), due_at=at(10))
        setattr(event.assigned, field, value)
        yield event.SerializeToString()
    for field in ("occurred_at", "recorded_at"):
        for seconds in (2**62, -(2**62), 253_402_300_800):
            event = WorkEvents("task/nasty").assigned(at(2), due_at=at(10))
            getattr(event, field).seconds = seconds
            yield event.SerializeToString()


def test_nothing_that_a_record_can_hold_stops_its_partition_or_is_lost(evaluation: Any) -> None:
    values = [*NASTY, *nasty_events()]
    records = [Record(topic=TOPIC, key="task/nasty", value=value, headers={}) for value in values]
    mends = [
        Record(topic=TOPIC, key="task/nasty", value=value, headers={"ce_type": "congvu.work.v1.Mend"})
        for value in (*NASTY, pb.Mend(work_id="task/1", dropped=pb.Dropped(offset=0)).SerializeToString())
    ]
    keyless = [Record(topic=TOPIC, key="", value=value, headers={}) for value in NASTY]
    good = [record for n in range(20) for record in done(f"task/{n}", "an", due=at(10), completed=at(9))]
    evaluation.hear([*city(), *records, *mends, *keyless, *good], batch=7)
    assert evaluation.rows("SELECT count(*) FROM items WHERE state = 'completed'") == [(20,)]
    parked = evaluation.rows("SELECT value FROM parked WHERE work_id = 'task/nasty' ORDER BY \"offset\"")
    # A repeat of the same bytes is one record.
    assert [bytes(value) for (value,) in parked] == list(dict.fromkeys(values))
    assert evaluation.rows("SELECT count(*) FROM parked WHERE reason = ''") == [(0,)]


def test_the_largest_units_of_many_items_still_add_up(evaluation: Any) -> None:
    most = 1_000_000_000
    items = [WorkEvents(f"task/{n}", officer_id="an", unit_id="U") for n in range(50)]
    evaluation.hear([work_record(item.assigned(at(2), due_at=at(10), standard_units=most)) for item in items])
    ((total,),) = evaluation.rows("SELECT sum(vector[1]) FROM sums WHERE subject = 'an'")
    assert total == 50 * most
