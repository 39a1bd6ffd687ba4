"""A month that opens and people who are told at the same moment do not miss each other."""

import threading
from typing import Any

from congvu.evaluation.v1 import service_pb2
from evaluation.consumer.organization_records import read_organization_record
from evaluation.domain.organization import Officer
from evaluation.store.scores import take_turn
from evaluation.usecases.inputs import take_officers
from runtime.events import StoredRecord
from testkit.facts import WorkEvents, work_record

from .city import at, city


def officers_of(evaluation: Any) -> list[tuple[int, Officer]]:
    """The officers as the log tells them."""
    topic = "congvu.organization.v1"
    records: list[StoredRecord] = evaluation.log.read(topic, 0, 0, max_records=100, wait_seconds=0)
    told = [read_organization_record(record) for record in records]
    return [(one[0], one[1]) for one in told if one is not None and isinstance(one[1], Officer)]


def test_officers_wait_for_the_turn_of_a_scorer(evaluation: Any) -> None:
    evaluation.hear(city())
    told = officers_of(evaluation)
    taken = threading.Event()

    def take() -> None:
        with evaluation.pool.connection() as conn, conn.transaction():
            take_officers(conn, told)
        taken.set()

    with evaluation.pool.connection() as conn, conn.transaction():
        take_turn(conn)
        thread = threading.Thread(target=take, daemon=True)
        thread.start()
        assert not taken.wait(0.5)
    assert taken.wait(20)


def test_an_item_without_an_assignment_is_in_sight(evaluation: Any, open_door: Any) -> None:
    item = WorkEvents("task/1", officer_id="an", unit_id="SNV-CCVC")
    completed, assigned = item.completed(at(9)), item.assigned(at(2), due_at=at(10))
    evaluation.hear([*city(), work_record(completed)])
    door = open_door(roles=["evaluator"])
    assert list(door.ListParked(service_pb2.ListParkedRequest()).unassigned_work_ids) == ["task/1"]
    evaluation.hear([work_record(assigned)])
    assert not door.ListParked(service_pb2.ListParkedRequest()).unassigned_work_ids
