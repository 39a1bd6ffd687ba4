"""Initiatives and mends, and who may have a say in them."""

from collections.abc import Callable

import psycopg
import pytest

from congvu.work.v1 import events_pb2 as pb
from congvu.work.v1 import resources_pb2 as resources
from congvu.work.v1 import service_pb2 as rpc
from runtime.errors import Conflict, Denied, InvalidInput, NotFound
from runtime.timestamps import from_timestamp
from testkit.facts import WorkEvents

from .city import Door, at

Told = Callable[[], list[pb.WorkEvent]]


def proposal(*authors: str) -> rpc.ProposeInitiativeRequest:
    named = [pb.InitiativeAuthor(officer_id=officer_id, unit_id="SNV-CCVC") for officer_id in authors]
    return rpc.ProposeInitiativeRequest(initiative_id="i1", title="One form instead of three", authors=named)


RECOGNISE = rpc.RecogniseInitiativeRequest(initiative_id="i1")


def test_l16_even_shares_add_up_and_the_first_named_has_the_rest(door: Door) -> None:
    initiative = door("an").ProposeInitiative(proposal("an", "cuc", "binh")).initiative
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
