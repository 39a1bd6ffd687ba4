"""Initiatives and mends, and who may have a say in them."""

from collections.abc import Callable, Sequence
from datetime import timedelta

import psycopg
import pytest

from congvu.organization.v1 import resources_pb2 as organization
from congvu.work.v1 import events_pb2 as pb
from congvu.work.v1 import resources_pb2 as resources
from congvu.work.v1 import service_pb2 as rpc
from congvu.work.v1.service_pb2_grpc import WorkServiceStub
from runtime.errors import Conflict, Denied, InvalidInput, NotFound
from runtime.timestamps import from_timestamp
from testkit.clock import Clock
from testkit.facts import WorkEvents

from .city import Door, Organization, at

Told = Callable[[], list[pb.WorkEvent]]


def proposal(*authors: str) -> rpc.ProposeInitiativeRequest:
    named = [pb.InitiativeAuthor(officer_id=officer_id, unit_id="SNV-CCVC") for officer_id in authors]
    return rpc.ProposeInitiativeRequest(initiative_id="i1", title="One form instead of three", authors=named)


RECOGNISE = rpc.RecogniseInitiativeRequest(initiative_id="i1")


def test_l16_even_shares_add_up_and_the_first_named_has_the_rest(door: Door, clock: Clock) -> None:
    initiative = door("an").ProposeInitiative(proposal("an", "cuc", "binh")).initiative
    assert from_timestamp(initiative.proposed_at) == clock.now
    assert [author.share for author in initiative.authors] == [334, 333, 333]
    assert initiative.status == resources.INITIATIVE_STATUS_PROPOSED


def test_l16_recognition_is_published_once(door: Door, told: Told) -> None:
    door("an").ProposeInitiative(proposal("an", "cuc"))
    assert told() == []
    recognised = door("director").RecogniseInitiative(RECOGNISE).initiative
    assert recognised.status == resources.INITIATIVE_STATUS_RECOGNISED
    (event,) = told()
    assert (event.work_id, event.revision, event.actor_id) == ("initiative/i1", 1, "director")
    assert [author.share for author in event.initiative_recognised.authors] == [500, 500]
    with pytest.raises(Conflict):
        door("director").RecogniseInitiative(RECOGNISE)
    assert len(told()) == 1


@pytest.mark.parametrize("officer_id", ["an", "cuc", "binh", "dung", "finance"])
def test_l16_authors_their_head_and_bystanders_do_not_recognise(door: Door, told: Told, officer_id: str) -> None:
    door("an").ProposeInitiative(proposal("an", "cuc"))
    with pytest.raises(Denied):
        door(officer_id).RecogniseInitiative(RECOGNISE)
    assert told() == []


def test_l16_the_head_of_a_head_who_is_author_does_not_recognise(door: Door) -> None:
    door("binh").ProposeInitiative(proposal("binh"))
    with pytest.raises(Denied, match="L16"):
        door("director").RecogniseInitiative(RECOGNISE)
    assert door("chair").RecogniseInitiative(RECOGNISE).initiative.initiative_id == "i1"


def test_a_recognised_initiative_is_read_by_its_authors_and_their_heads_only(door: Door) -> None:
    door("an").ProposeInitiative(proposal("an", "cuc"))
    door("director").RecogniseInitiative(RECOGNISE)
    asked = rpc.GetWorkRequest(work_id="initiative/i1")
    for officer_id in ("an", "cuc", "binh", "director"):
        assert len(door(officer_id).GetWork(asked).events) == 1
    with pytest.raises(Denied):
        door("finance").GetWork(asked)


def test_evaluators_recognise_too(door: Door, told: Told) -> None:
    door("an").ProposeInitiative(proposal("an"))
    door(roles=["evaluator"]).RecogniseInitiative(RECOGNISE)
    assert len(told()) == 1


def test_only_an_author_proposes_and_the_same_again_is_the_same(door: Door) -> None:
    with pytest.raises(Denied):
        door("dung").ProposeInitiative(proposal("an"))
    first = door("an").ProposeInitiative(proposal("an"))
    assert door("an").ProposeInitiative(proposal("an")) == first
    with pytest.raises(Conflict):
        door("an").ProposeInitiative(proposal("an", "cuc"))


def test_shares_that_do_not_add_up_are_refused(door: Door) -> None:
    request = proposal("an", "cuc")
    request.authors[0].share, request.authors[1].share = 600, 300
    with pytest.raises(InvalidInput, match="1000"):
        door("an").ProposeInitiative(request)
    with pytest.raises(NotFound):
        door("chair").RecogniseInitiative(RECOGNISE)


def proposed(door: Door, clock: Clock) -> None:
    """i1 of an and cuc, then i2 of binh alone, then i3 of dung in the other department."""
    for initiative_id, authors, unit_id in (
        ("i1", ["an", "cuc"], "SNV-CCVC"),
        ("i2", ["binh"], "SNV-CCVC"),
        ("i3", ["dung"], "STC-NS"),
    ):
        clock.now += timedelta(minutes=1)
        named = [pb.InitiativeAuthor(officer_id=officer_id, unit_id=unit_id) for officer_id in authors]
        door(authors[0]).ProposeInitiative(
            rpc.ProposeInitiativeRequest(initiative_id=initiative_id, title="Fewer forms", authors=named)
        )


def listed(stub: WorkServiceStub, *, officer_id: str = "", unit_id: str = "") -> list[str]:
    request = rpc.ListInitiativesRequest(officer_id=officer_id, unit_id=unit_id)
    return [initiative.initiative_id for initiative in stub.ListInitiatives(request).initiatives]


def test_initiatives_are_listed_the_latest_first(door: Door, clock: Clock) -> None:
    proposed(door, clock)
    assert listed(door(roles=["evaluator"])) == ["i3", "i2", "i1"]
    assert listed(door("director"), unit_id="SNV") == ["i2", "i1"]
    assert listed(door("chair"), unit_id="HUE") == ["i3", "i2", "i1"]
    assert listed(door("cuc"), officer_id="cuc") == ["i1"]
    door("director").RecogniseInitiative(RECOGNISE)
    (shown,) = door("an").ListInitiatives(rpc.ListInitiativesRequest(officer_id="an")).initiatives
    assert shown.status == resources.INITIATIVE_STATUS_RECOGNISED
    assert [author.officer_id for author in shown.authors] == ["an", "cuc"]


def test_an_initiative_goes_with_its_author_to_the_next_unit(door: Door, clock: Clock, city: Organization) -> None:
    proposed(door, clock)
    city.officer("an", "STC-NS", organization.POST_ROLE_STAFF)
    assert listed(door("finance"), unit_id="STC") == ["i3", "i1"]


@pytest.mark.parametrize(
    ("caller", "roles", "officer_id", "unit_id", "sees"),
    [
        ("an", ["officer"], "an", "", True),
        ("binh", ["officer"], "an", "", True),
        ("chair", ["officer"], "an", "", True),
        ("binh", ["officer"], "", "SNV-CCVC", True),
        ("chair", ["officer"], "", "SNV-CCVC", True),
        ("an", ["officer"], "cuc", "", False),
        ("finance", ["officer"], "an", "", False),
        ("an", ["officer"], "", "SNV-CCVC", False),
        ("finance", ["officer"], "", "SNV-CCVC", False),
        ("chair", ["officer"], "", "", False),
        ("", ["officer"], "", "", False),
        ("", ["evaluator"], "", "", True),
        ("", ["administrator"], "an", "", True),
        ("", ["service"], "", "SNV-CCVC", True),
    ],
)
def test_initiatives_are_seen_by_their_authors_from_above_and_by_role(
    door: Door, caller: str, roles: Sequence[str], officer_id: str, unit_id: str, sees: bool
) -> None:
    stub = door(caller, roles=roles)
    if sees:
        assert listed(stub, officer_id=officer_id, unit_id=unit_id) == []
        return
    with pytest.raises(Denied):
        listed(stub, officer_id=officer_id, unit_id=unit_id)


def test_a_list_of_initiatives_names_one_place_at_most_and_a_known_one(door: Door) -> None:
    with pytest.raises(InvalidInput, match="not both"):
        listed(door(roles=["evaluator"]), officer_id="an", unit_id="SNV")
    for asked in ({"officer_id": "none"}, {"unit_id": "none"}):
        with pytest.raises(NotFound):
            listed(door(roles=["evaluator"]), **asked)


def mend(**action: object) -> pb.Mend:
    return pb.Mend(mend_id="m1", work_id="document/1", reason="Broken on the way", **action)  # type: ignore[arg-type]


def published(url: str) -> list[tuple[str, str, pb.Mend]]:
    with psycopg.connect(url) as conn:
        rows = conn.execute("SELECT key, headers->>'ce_type', value FROM outbox ORDER BY id").fetchall()
    return [(key, kind, pb.Mend.FromString(value)) for key, kind, value in rows]


def test_a_mend_is_published_once_with_the_key_of_its_item(door: Door, service_url: str) -> None:
    event = WorkEvents("document/1").submitted(at("2026-03-02T08:00"))
    request = rpc.RecordMendRequest(mend=mend(replacement=pb.Replacement(offset=17, event=event)))
    for _ in range(2):
        door(roles=["evaluator"]).RecordMend(request)
    ((key, kind, told),) = published(service_url)
    assert (key, kind) == ("document/1", "congvu.work.v1.Mend")
    assert (told.replacement.offset, told.replacement.event, told.actor_id) == (17, event, "evaluator")
    assert from_timestamp(told.recorded_at) == at("2026-03-02T08:00")
    with pytest.raises(Conflict, match="m1"):
        door(roles=["service"]).RecordMend(rpc.RecordMendRequest(mend=mend(dropped=pb.Dropped(offset=17))))


@pytest.mark.parametrize(
    "wrong",
    [
        mend(),
        mend(revision_missing=pb.RevisionMissing(revision=0)),
        mend(dropped=pb.Dropped(offset=-1)),
        mend(replacement=pb.Replacement(offset=1, event=WorkEvents("document/2").submitted(at("2026-03-02T08:00")))),
        mend(replacement=pb.Replacement(offset=1, event=WorkEvents("document/1").event(at("2026-03-02T08:00")))),
    ],
)
def test_a_mend_that_mends_nothing_is_refused(door: Door, service_url: str, wrong: pb.Mend) -> None:
    with pytest.raises(InvalidInput):
        door(roles=["service"]).RecordMend(rpc.RecordMendRequest(mend=wrong))
    assert published(service_url) == []


def test_officers_and_administrators_do_not_mend(door: Door) -> None:
    request = rpc.RecordMendRequest(mend=mend(dropped=pb.Dropped(offset=17)))
    for roles in (["officer"], ["administrator"]):
        with pytest.raises(Denied):
            door("chair", roles=roles).RecordMend(request)
