"""What others hear: the whole state with a revision, written together with the change."""

import threading
import time
from collections.abc import Callable
from contextlib import closing

import psycopg

from congvu.organization.v1 import events_pb2
from congvu.organization.v1 import resources_pb2 as pb
from congvu.organization.v1 import service_pb2 as rpc
from congvu.organization.v1.service_pb2_grpc import OrganizationServiceStub as Stub
from organization.domain.units import Unit
from organization.events import TOPIC, unit_message
from runtime.events import open_event_log
from runtime.outbox import Relay
from runtime.postgres import open_pool
from runtime.timestamps import from_timestamp
from testkit.clock import Clock

Door = Callable[..., Stub]
Told = Callable[[], list[events_pb2.OrganizationEvent]]


def revisions(events: list[events_pb2.OrganizationEvent]) -> list[tuple[str, int]]:
    return [(event.subject_id, event.revision) for event in events]


def test_a_first_load_tells_every_unit_and_officer_at_revision_one(
    empty_city: Stub, told: Told, city: dict[str, Unit], people: list[pb.Officer]
) -> None:
    units = [unit_message(unit) for unit in city.values()]
    assert empty_city.PutUnits(rpc.PutUnitsRequest(units=units)).changed == len(units)
    assert empty_city.PutOfficers(rpc.PutOfficersRequest(officers=people)).changed == len(people)
    events = told()
    assert revisions(events) == [(key, 1) for key in [*city, *(officer.officer_id for officer in people)]]
    assert [event.unit_changed.unit for event in events[: len(units)]] == units
    assert len({event.event_id for event in events}) == len(events)


def test_a_repeated_put_changes_nothing_and_tells_nothing(
    administrator: Stub, clock: Clock, told: Told, city: dict[str, Unit], people: list[pb.Officer]
) -> None:
    clock.now = clock.now.replace(year=2027)
    units = [unit_message(unit) for unit in reversed(city.values())]
    assert administrator.PutUnits(rpc.PutUnitsRequest(units=units)).changed == 0
    assert administrator.PutOfficers(rpc.PutOfficersRequest(officers=people)).changed == 0
    assert told() == []


def test_of_a_batch_only_what_differs_is_told(administrator: Stub, told: Told, people: list[pb.Officer]) -> None:
    batch = [pb.Officer.FromString(officer.SerializeToString()) for officer in people]
    batch[2].full_name = "Nguyễn Văn An"
    assert administrator.PutOfficers(rpc.PutOfficersRequest(officers=batch)).changed == 1
    assert revisions(told()) == [("an", 2)]


def test_an_event_carries_the_whole_officer_who_did_it_and_when(administrator: Stub, clock: Clock, told: Told) -> None:
    post = pb.Post(unit_id="19753", role=pb.POST_ROLE_DEPUTY, valid_from="2026-04-01", field_unit_ids=["19753-KT"])
    officer = administrator.AppointOfficer(rpc.AppointOfficerRequest(officer_id="an", post=post)).officer
    (event,) = told()
    assert event.officer_changed.officer == officer
    assert len(officer.leaves) == 1
    assert len(officer.posts) == 2
    assert (event.subject_id, event.revision, event.actor_id) == ("an", 2, "admin")
    assert from_timestamp(event.recorded_at) == from_timestamp(event.occurred_at) == clock.now


def test_an_officer_who_acts_is_named_by_their_officer_id(door: Door, told: Told) -> None:
    chair = door(roles=["administrator"], officer_id="chair", subject="chair.account")
    chair.RenameUnit(rpc.RenameUnitRequest(unit_id="SNV", name="Sở", valid_from="2026-04-01"))
    assert [event.actor_id for event in told()] == ["chair"]


def test_a_merger_tells_each_unit_and_person_that_it_changes_once(administrator: Stub, told: Told) -> None:
    request = rpc.MergeUnitsRequest(unit_ids=["19774"], into_unit_id="19753", valid_from="2026-07-01")
    administrator.MergeUnits(request)
    events = told()
    assert sorted(revisions(events)) == [("19774", 2), ("19774-VH", 2), ("other-staff", 2)]
    closed = next(event.unit_changed.unit for event in events if event.subject_id == "19774")
    assert (closed.versions[0].valid_to, list(closed.successor_ids)) == ("2026-07-01", ["19753"])


def test_the_record_is_a_cloud_event_under_the_key_of_its_subject(administrator: Stub, service_url: str) -> None:
    administrator.RenameUnit(rpc.RenameUnitRequest(unit_id="SNV", name="Sở", valid_from="2026-04-01"))
    with psycopg.connect(service_url) as conn:
        ((topic, key, value, headers),) = conn.execute("SELECT topic, key, value, headers FROM outbox").fetchall()
    event = events_pb2.OrganizationEvent.FromString(value)
    assert (topic, key) == (TOPIC, "SNV")
    assert headers["ce_id"] == event.event_id
    assert headers["ce_type"] == "congvu.organization.v1.OrganizationEvent"
    assert headers["ce_subject"] == "SNV"


def test_the_relay_brings_the_events_to_the_log_in_the_order_of_the_changes(
    administrator: Stub, service_url: str, event_log_url: str
) -> None:
    for n in range(5):
        administrator.RenameUnit(rpc.RenameUnitRequest(unit_id="SNV", name=f"Sở {n}", valid_from="2026-04-01"))
    stop = threading.Event()
    with open_pool(service_url, name="relay") as pool, closing(open_event_log(event_log_url)) as log:
        relay = threading.Thread(target=Relay(pool=pool, log=log).run, args=(stop,))
        relay.start()
        try:
            deadline = time.monotonic() + 20
            while log.bounds(TOPIC, 0).end < 5 and time.monotonic() < deadline:
                time.sleep(0.02)
            records = log.read(TOPIC, 0, 0, max_records=10, wait_seconds=0)
        finally:
            stop.set()
            relay.join()
    events = [events_pb2.OrganizationEvent.FromString(record.value) for record in records]
    assert revisions(events) == [("SNV", revision) for revision in range(2, 7)]


def test_a_city_of_fifteen_hundred_officers_is_loaded_in_seconds(administrator: Stub, told: Told) -> None:
    officers = [
        pb.Officer(
            officer_id=f"HUE-{n:05}",
            full_name=f"Người {n}",
            category=pb.OFFICER_CATEGORY_CIVIL_SERVANT,
            posts=[pb.Post(post_id="p1", unit_id="SNV", role=pb.POST_ROLE_STAFF, valid_from="2025-07-01")],
        )
        for n in range(1500)
    ]
    began = time.monotonic()
    assert administrator.PutOfficers(rpc.PutOfficersRequest(officers=officers)).changed == 1500
    assert time.monotonic() - began < 10
    assert len(told()) == 1500
