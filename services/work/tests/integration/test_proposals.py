"""Officers propose products for the catalogue; others decide."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from congvu.work.v1 import resources_pb2 as resources
from congvu.work.v1 import service_pb2 as rpc
from congvu.work.v1.service_pb2_grpc import WorkServiceStub
from runtime.errors import Conflict, Denied, InvalidInput, NotFound
from runtime.timestamps import from_timestamp
from testkit.clock import Clock

from .city import Door, at, product, task

pytestmark = pytest.mark.usefixtures("catalogue")


def proposal(proposal_id: str = "p1", name: str = "Advice by telephone") -> rpc.ProposeProductRequest:
    return rpc.ProposeProductRequest(
        proposal_id=proposal_id, name=name, description="Twenty calls a day that leave no document"
    )


def accepting(code: str = "T01", *, proposal_id: str = "p1", units: int = 200) -> rpc.DecideProductProposalRequest:
    return rpc.DecideProductProposalRequest(proposal_id=proposal_id, accepted=product(code, units=units, hours=8))


def listed(stub: WorkServiceStub, *, officer_id: str = "", decided: bool = False) -> list[str]:
    request = rpc.ListProductProposalsRequest(officer_id=officer_id, include_decided=decided)
    return [each.proposal_id for each in stub.ListProductProposals(request).proposals]


def codes(door: Door) -> list[str]:
    return [each.product_code for each in door("an").ListProducts(rpc.ListProductsRequest()).products]


DECLINING = rpc.DecideProductProposalRequest(proposal_id="p1", declined="Part of P01")


def test_a_proposal_is_kept_with_who_made_it_and_when(door: Door) -> None:
    made = door("an").ProposeProduct(proposal()).proposal
    assert (made.officer_id, made.status) == ("an", resources.PROPOSAL_STATUS_PROPOSED)
    assert from_timestamp(made.proposed_at) == at("2026-03-02T08:00")
    assert not made.HasField("decided_at")
    assert door("an").ProposeProduct(proposal()).proposal == made
    assert codes(door) == ["P01", "P02", "R01"]


def test_an_id_with_other_content_or_of_another_officer_is_refused(door: Door) -> None:
    door("an").ProposeProduct(proposal())
    with pytest.raises(Conflict, match="p1"):
        door("an").ProposeProduct(proposal(name="Advice at the desk"))
    with pytest.raises(Conflict, match="p1"):
        door("cuc").ProposeProduct(proposal())


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        (rpc.ProposeProductRequest(name=" ", description="Calls"), "name"),
        (rpc.ProposeProductRequest(name="Advice", description=""), "description"),
        (rpc.ProposeProductRequest(name=2001 * "x", description="Calls"), "name"),
        (rpc.ProposeProductRequest(name="Advice", description=2001 * "x"), "description"),
        (rpc.ProposeProductRequest(proposal_id="p/1", name="Advice", description="Calls"), "proposal_id"),
    ],
)
def test_a_proposal_has_a_name_and_says_what_the_work_is(
    door: Door, wrong: rpc.ProposeProductRequest, field: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        door("an").ProposeProduct(wrong)
    assert refused.value.field == field
    assert listed(door("an"), officer_id="an", decided=True) == []


def test_an_accepted_proposal_is_a_product_that_work_can_have(door: Door, clock: Clock) -> None:
    door("an").ProposeProduct(proposal())
    clock.now = at("2026-03-03T09:00")
    decided = door(roles=["evaluator"]).DecideProductProposal(accepting()).proposal
    assert (decided.status, decided.product_code) == (resources.PROPOSAL_STATUS_ACCEPTED, "T01")
    assert (decided.decided_by, from_timestamp(decided.decided_at)) == ("evaluator", at("2026-03-03T09:00"))
    assert codes(door) == ["P01", "P02", "R01", "T01"]
    assert door("binh").AssignTask(task(code="T01")).works[0].standard_units == 200
    (shown,) = (
        door("an")
        .ListProductProposals(rpc.ListProductProposalsRequest(officer_id="an", include_decided=True))
        .proposals
    )
    assert shown == decided


def test_a_declined_proposal_says_why_and_leaves_the_catalogue_as_it_is(door: Door) -> None:
    door("an").ProposeProduct(proposal())
    decided = door(roles=["administrator"]).DecideProductProposal(DECLINING).proposal
    assert (decided.status, decided.reason) == (resources.PROPOSAL_STATUS_DECLINED, "Part of P01")
    assert codes(door) == ["P01", "P02", "R01"]


@pytest.mark.parametrize("second", [accepting(), DECLINING])
@pytest.mark.parametrize(("first", "done"), [(accepting("T02"), "accepted"), (DECLINING, "declined")])
def test_a_proposal_is_decided_once_and_the_next_hears_by_whom(
    door: Door, first: rpc.DecideProductProposalRequest, done: str, second: rpc.DecideProductProposalRequest
) -> None:
    door("an").ProposeProduct(proposal())
    door("cuc", roles=["evaluator"]).DecideProductProposal(first)
    known = codes(door)
    with pytest.raises(Conflict, match=f"{done} by cuc"):
        door(roles=["administrator"]).DecideProductProposal(second)
    assert codes(door) == known


def test_a_proposal_changes_no_product_that_is_there(door: Door) -> None:
    door("an").ProposeProduct(proposal())
    with pytest.raises(Conflict, match="P01"):
        door(roles=["evaluator"]).DecideProductProposal(accepting("P01"))
    assert listed(door(roles=["evaluator"])) == ["p1"]
    just_so = rpc.DecideProductProposalRequest(proposal_id="p1", accepted=product("P01", units=1000, hours=16))
    assert door(roles=["evaluator"]).DecideProductProposal(just_so).proposal.product_code == "P01"
    assert codes(door) == ["P01", "P02", "R01"]


@pytest.mark.parametrize(
    ("decision", "field"),
    [
        (rpc.DecideProductProposalRequest(proposal_id="p1"), "decision"),
        (rpc.DecideProductProposalRequest(proposal_id="p1", declined=" "), "declined"),
        (accepting(units=0), "standard_units"),
    ],
)
def test_a_decision_is_a_sound_product_or_a_reason(
    door: Door, decision: rpc.DecideProductProposalRequest, field: str
) -> None:
    door("an").ProposeProduct(proposal())
    with pytest.raises(InvalidInput) as refused:
        door(roles=["evaluator"]).DecideProductProposal(decision)
    assert refused.value.field == field
    assert listed(door(roles=["evaluator"])) == ["p1"]
    with pytest.raises(NotFound, match="p2"):
        door(roles=["evaluator"]).DecideProductProposal(accepting(proposal_id="p2"))


def test_nobody_decides_about_their_own_proposal(door: Door) -> None:
    door("an").ProposeProduct(proposal())
    for decision in (accepting(), DECLINING):
        with pytest.raises(Denied, match="own"):
            door("an", roles=["officer", "evaluator"]).DecideProductProposal(decision)
    assert door("cuc", roles=["officer", "evaluator"]).DecideProductProposal(accepting()).proposal.decided_by == "cuc"


def test_lists_are_the_latest_first_and_without_what_is_decided(door: Door, clock: Clock) -> None:
    for officer_id, proposal_id in (("an", "p1"), ("cuc", "p2"), ("an", "p3")):
        clock.now += timedelta(minutes=1)
        door(officer_id).ProposeProduct(proposal(proposal_id))
    door(roles=["evaluator"]).DecideProductProposal(accepting(proposal_id="p3"))
    assert listed(door(roles=["evaluator"])) == ["p2", "p1"]
    assert listed(door(roles=["evaluator"]), decided=True) == ["p3", "p2", "p1"]
    assert listed(door(roles=["evaluator"]), officer_id="cuc") == ["p2"]
    assert listed(door("an"), officer_id="an") == ["p1"]
    assert listed(door("an"), officer_id="an", decided=True) == ["p3", "p1"]


@pytest.mark.parametrize(
    ("caller", "roles", "officer_id", "sees"),
    [
        ("an", ["officer"], "an", True),
        ("an", ["officer"], "cuc", False),
        ("binh", ["officer"], "an", False),
        ("an", ["officer"], "", False),
        ("", ["officer"], "", False),
        ("", ["evaluator"], "", True),
        ("", ["administrator"], "an", True),
        ("", ["service"], "", False),
    ],
)
def test_proposals_are_seen_by_their_officer_and_by_who_decides(
    door: Door, caller: str, roles: Sequence[str], officer_id: str, sees: bool
) -> None:
    stub = door(caller, roles=roles)
    if sees:
        assert listed(stub, officer_id=officer_id) == []
        return
    with pytest.raises(Denied):
        listed(stub, officer_id=officer_id)


@pytest.mark.parametrize(("caller", "role"), [("", "officer"), ("an", "evaluator"), ("", "service")])
def test_only_officers_propose(door: Door, caller: str, role: str) -> None:
    with pytest.raises(Denied):
        door(caller, roles=[role]).ProposeProduct(proposal())


@pytest.mark.parametrize("role", ["officer", "service"])
def test_only_evaluators_and_administrators_decide(door: Door, role: str) -> None:
    door("an").ProposeProduct(proposal())
    with pytest.raises(Denied):
        door("chair", roles=[role]).DecideProductProposal(accepting())
