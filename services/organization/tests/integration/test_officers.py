"""Officers through the door."""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest

from congvu.organization.v1 import resources_pb2 as pb
from congvu.organization.v1 import service_pb2 as rpc
from congvu.organization.v1.service_pb2_grpc import OrganizationServiceStub as Stub
from organization.store.transactions import become_only_writer
from runtime.errors import Conflict, InvalidInput, NotFound
from runtime.timestamps import from_timestamp
from testkit.clock import Clock


def listed(administrator: Stub, unit_id: str, as_of: str) -> list[str]:
    answer = administrator.ListOfficers(rpc.ListOfficersRequest(unit_id=unit_id, as_of=as_of))
    return [officer.officer_id for officer in answer.officers]


def test_a_transfer_in_mid_month_moves_the_officer_on_the_day(administrator: Stub) -> None:
    post = pb.Post(unit_id="19753-KT", role=pb.POST_ROLE_HEAD, valid_from="2026-03-16", title="Trưởng phòng")
    request = rpc.TransferOfficerRequest(officer_id="an", from_unit_id="SNV-CCVC", post=post)
    officer = administrator.TransferOfficer(request).officer
    assert [(held.unit_id, held.valid_from, held.valid_to) for held in officer.posts] == [
        ("SNV-CCVC", "2025-07-01", "2026-03-16"),
        ("19753-KT", "2026-03-16", ""),
    ]
    assert officer.posts[1].post_id
    assert "an" in listed(administrator, "SNV", "2026-03-15")
    assert "an" not in listed(administrator, "SNV", "2026-03-16")
    assert "an" not in listed(administrator, "19753", "2026-03-15")
    assert "an" in listed(administrator, "19753", "2026-03-16")


def test_a_unit_alone_gives_those_with_a_post_in_it_itself(administrator: Stub) -> None:
    own = administrator.ListOfficers(rpc.ListOfficersRequest(unit_id="SNV", own_only=True)).officers
    assert [officer.officer_id for officer in own] == ["director"]
    assert {"director", "an"} < set(listed(administrator, "SNV", ""))


def test_an_officer_is_registered_once_and_appointed(administrator: Stub) -> None:
    request = rpc.RegisterOfficerRequest(
        officer_id="new", full_name="Lê Thị Mới", category=pb.OFFICER_CATEGORY_CONTRACT
    )
    administrator.RegisterOfficer(request)
    with pytest.raises(Conflict, match="Officer new is registered already"):
        administrator.RegisterOfficer(request)
    post = pb.Post(unit_id="HUE", role=pb.POST_ROLE_DEPUTY, valid_from="2026-04-01", field_unit_ids=["SNV", "19753"])
    appointed = administrator.AppointOfficer(rpc.AppointOfficerRequest(officer_id="new", post=post)).officer
    kept = administrator.GetOfficer(rpc.GetOfficerRequest(officer_id="new")).officer
    assert kept == appointed
    assert list(kept.posts[0].field_unit_ids) == ["19753", "SNV"]


def test_a_second_head_is_refused_until_the_first_ends(administrator: Stub) -> None:
    appoint = rpc.AppointOfficerRequest(
        officer_id="an", post=pb.Post(unit_id="SNV-CCVC", role=pb.POST_ROLE_HEAD, valid_from="2026-04-01")
    )
    with pytest.raises(InvalidInput, match="Unit SNV-CCVC has two heads on 2026-04-01"):
        administrator.AppointOfficer(appoint)
    end = rpc.EndPostRequest(officer_id="binh", post_id="p1", valid_to="2026-04-01")
    assert administrator.EndPost(end).officer.posts[0].valid_to == "2026-04-01"
    administrator.AppointOfficer(appoint)
    heads = [
        {unit.unit_id: unit.head_officer_id for unit in answer.units}["SNV-CCVC"]
        for answer in (administrator.GetTree(rpc.GetTreeRequest(as_of=day)) for day in ("2026-03-31", "2026-04-01"))
    ]
    assert heads == ["binh", "an"]


def test_of_appointments_to_one_head_at_the_same_time_one_is_made(administrator: Stub, service_url: str) -> None:
    def appoint(officer_id: str) -> str:
        post = pb.Post(unit_id="19774", role=pb.POST_ROLE_HEAD, valid_from="2026-04-01")
        try:
            administrator.AppointOfficer(rpc.AppointOfficerRequest(officer_id=officer_id, post=post))
        except InvalidInput:
            return "refused"
        return "appointed"

    with psycopg.connect(service_url) as conn, ThreadPoolExecutor(3) as threads:
        # All three are let go at the same instant: they wait for the one writer that the test is.
        become_only_writer(conn)
        outcomes = [threads.submit(appoint, officer_id) for officer_id in ("an", "binh", "other-staff")]
        wait_for_writers(conn, 3)
        conn.rollback()
        assert sorted(outcome.result() for outcome in outcomes) == ["appointed", "refused", "refused"]


def wait_for_writers(conn: psycopg.Connection[Any], number: int) -> None:
    waiting = """
        SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = database
        WHERE locktype = 'advisory' AND NOT granted AND datname = current_database()
    """
    deadline = time.monotonic() + 20
    while conn.execute(waiting).fetchall() != [(number,)]:
        assert time.monotonic() < deadline, "the appointments do not wait for the one writer"
        time.sleep(0.01)


@pytest.mark.parametrize(
    ("unit_id", "valid_from", "sentence"),
    [
        ("NOWHERE", "2026-04-01", "in the unknown unit 'NOWHERE'"),
        ("19774", "2025-06-30", "valid from 2025-06-30, but the unit from 2025-07-01"),
    ],
)
def test_a_post_outside_its_unit_is_refused(administrator: Stub, unit_id: str, valid_from: str, sentence: str) -> None:
    post = pb.Post(unit_id=unit_id, role=pb.POST_ROLE_STAFF, valid_from=valid_from)
    with pytest.raises(InvalidInput, match=sentence):
        administrator.AppointOfficer(rpc.AppointOfficerRequest(officer_id="an", post=post))


def test_leave_is_registered_at_the_present_instant_and_may_not_overlap(administrator: Stub, clock: Clock) -> None:
    leave = pb.Leave(kind=pb.LEAVE_KIND_ANNUAL, first_day="2026-04-06", last_day="2026-04-10")
    request = rpc.RegisterLeaveRequest(officer_id="an", leave=leave)
    kept = administrator.RegisterLeave(request).officer.leaves[-1]
    assert from_timestamp(kept.registered_at) == clock.now
    with pytest.raises(InvalidInput, match=r"begins on 2026-04-06, when leave .* still runs to 2026-04-10"):
        administrator.RegisterLeave(request)


def test_an_unknown_officer_is_not_found(administrator: Stub) -> None:
    with pytest.raises(NotFound, match="Officer 'nobody' is not registered"):
        administrator.GetOfficer(rpc.GetOfficerRequest(officer_id="nobody"))
    with pytest.raises(NotFound, match="Officer 'nobody' is not registered"):
        administrator.EndPost(rpc.EndPostRequest(officer_id="nobody", post_id="p1", valid_to="2026-04-01"))


def test_a_list_comes_in_pages_that_leave_nobody_out(administrator: Stub, people: list[pb.Officer]) -> None:
    found: list[str] = []
    token = ""
    while True:
        answer = administrator.ListOfficers(rpc.ListOfficersRequest(page_size=3, page_token=token))
        assert len(answer.officers) <= 3
        found += [officer.officer_id for officer in answer.officers]
        token = answer.next_page_token
        if not token:
            break
    assert found == sorted(officer.officer_id for officer in people)


def test_a_list_of_a_unit_has_all_below_it_on_the_day(administrator: Stub) -> None:
    assert listed(administrator, "SNV", "2025-07-01") == ["an", "binh", "director"]
    assert listed(administrator, "SNV", "2025-06-30") == []
    assert listed(administrator, "19753", "2025-07-01") == ["ward-head", "ward-staff"]
    with pytest.raises(NotFound, match="'NOWHERE' is not known"):
        listed(administrator, "NOWHERE", "2025-07-01")


@pytest.mark.parametrize("size", [-1, 1001])
def test_a_page_has_one_to_a_thousand_officers(administrator: Stub, size: int) -> None:
    with pytest.raises(InvalidInput, match=f"page_size is {size}") as refusal:
        administrator.ListOfficers(rpc.ListOfficersRequest(page_size=size))
    assert refusal.value.field == "page_size"
