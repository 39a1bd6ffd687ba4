"""Who may call what, and who sees whose leaves, cell by cell."""

from collections.abc import Callable

import pytest

from congvu.organization.v1 import service_pb2 as rpc
from congvu.organization.v1.service_pb2 import DESCRIPTOR
from congvu.organization.v1.service_pb2_grpc import OrganizationServiceStub as Stub
from organization.rpc.service import ACCESS
from runtime.errors import Denied, ServiceError, Unauthenticated
from testkit.clock import Clock

Door = Callable[..., Stub]

METHODS = [method.name for method in DESCRIPTOR.services_by_name["OrganizationService"].methods]
READS = {"GetTree", "GetOfficer", "ListOfficers"}
OPEN = {"SignIn"}
REQUESTS = {
    method.name: getattr(rpc, method.input_type.name)
    for method in DESCRIPTOR.services_by_name["OrganizationService"].methods
}


def is_let_in(stub: Stub, method: str) -> bool:
    """An empty request is refused for what it says, if the door lets it in at all."""
    try:
        getattr(stub, method)(REQUESTS[method]())
    except Denied:
        return False
    except Unauthenticated as refusal:
        return method in OPEN and "wrong" in refusal.message
    except ServiceError:
        return True
    return True


def test_every_method_of_the_contract_has_its_roles() -> None:
    assert set(METHODS) == ACCESS.keys()


@pytest.mark.parametrize(
    ("role", "let_in"),
    [
        ("administrator", set(METHODS)),
        ("service", set(METHODS)),
        ("evaluator", READS | OPEN),
        ("officer", READS | OPEN),
        ("citizen", OPEN),
        ("anyone", OPEN),
        (None, OPEN),
    ],
)
def test_administrators_and_services_change_and_all_who_are_signed_in_read(
    open_door: Door, role: str | None, let_in: set[str]
) -> None:
    stub = open_door(roles=[role]) if role else open_door()
    assert {method for method in METHODS if is_let_in(stub, method)} == let_in


VIEWERS: dict[str, set[str]] = {
    "an": {"an"},
    "binh": {"an", "binh"},
    "director": {"an", "binh", "director"},
    "chair": {"an", "binh", "director", "ward-staff"},
    "ward-head": {"ward-staff"},
    "ward-staff": {"ward-staff"},
    "other-staff": set(),
    "": set(),
}
"""Officer → those of the four officers with leave whose leave they see."""


@pytest.mark.parametrize("viewer", VIEWERS)
def test_leaves_are_seen_by_oneself_and_the_heads_above(door: Door, viewer: str) -> None:
    stub = door(roles=["officer"], officer_id=viewer, subject="someone")
    answer = stub.ListOfficers(rpc.ListOfficersRequest())
    assert {officer.officer_id for officer in answer.officers if officer.leaves} == VIEWERS[viewer]
    for officer in answer.officers:
        assert stub.GetOfficer(rpc.GetOfficerRequest(officer_id=officer.officer_id)).officer == officer
        assert officer.full_name
        assert officer.posts


@pytest.mark.parametrize("role", ["evaluator", "administrator", "service"])
def test_leaves_are_seen_by_those_who_see_all(door: Door, role: str) -> None:
    answer = door(roles=[role]).ListOfficers(rpc.ListOfficersRequest())
    assert {officer.officer_id for officer in answer.officers if officer.leaves} == VIEWERS["chair"]


def test_who_is_no_longer_head_sees_no_leave_of_the_unit(administrator: Stub, door: Door, clock: Clock) -> None:
    administrator.EndPost(rpc.EndPostRequest(officer_id="director", post_id="p1", valid_to="2026-03-03"))
    director = door(roles=["officer"], officer_id="director")
    request = rpc.GetOfficerRequest(officer_id="an")
    assert director.GetOfficer(request).officer.leaves
    clock.now = clock.now.replace(day=3)
    assert not director.GetOfficer(request).officer.leaves
