"""Initiatives: proposed by their authors, recognised by someone else (L16)."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from uuid import uuid4

from runtime.errors import Conflict, Denied, InvalidInput, NotFound
from runtime.postgres import Connection
from work.domain.facts import Author, InitiativeRecognised
from work.domain.initiatives import Initiative, InitiativeStatus, find_wrong_recogniser, propose
from work.domain.intake import INITIATIVE
from work.domain.items import Item
from work.domain.texts import check_own_id
from work.store.initiatives import find_initiatives, insert_initiative, lock_initiative, mark_recognised
from work.store.replica import find_heads_above, find_officers_in, find_units_below
from work.usecases.access import (
    heads,
    heads_officer,
    require_known_officer,
    require_known_unit,
    require_place,
    sees_all,
)
from work.usecases.desk import Actor, Desk, changing, instant_of, retried, today
from work.usecases.journal import Journal, event_of
from work.usecases.tasks import recorded

MOST_LISTED = 200


@retried
def propose_initiative(
    desk: Desk, actor: Actor, *, initiative_id: str, title: str, authors: Sequence[Author]
) -> Initiative:
    """One of the authors proposes it. The same again changes nothing."""
    if initiative_id:
        check_own_id(initiative_id, "initiative_id")
    initiative = propose(initiative_id=initiative_id or uuid4().hex, title=title, authors=authors, at=actor.now)
    if actor.caller.officer_id not in {author.officer_id for author in authors}:
        raise Denied("Only an author proposes an initiative.")
    with changing(desk) as conn:
        for author in authors:
            require_place(conn, officer_id=author.officer_id, unit_id=author.unit_id, day=today(desk, actor))
        if insert_initiative(conn, initiative):
            return initiative
        known = lock_initiative(conn, initiative.initiative_id)
    if known is None or replace(initiative, status=known.status, proposed_at=known.proposed_at) != known:
        raise Conflict(f"Initiative {initiative_id} is proposed already with other content: choose another id.")
    return known


@retried
def recognise_initiative(desk: Desk, actor: Actor, *, initiative_id: str) -> Initiative:
    """Recognises an initiative: someone above an author's own head, or an evaluator (L16)."""
    at = instant_of(actor)
    with changing(desk) as conn:
        initiative = lock_initiative(conn, initiative_id)
        if initiative is None:
            raise NotFound(f"There is no initiative {initiative_id!r}: look up its id.")
        if initiative.status is InitiativeStatus.RECOGNISED:
            raise Conflict(f"Initiative {initiative_id} is recognised already.")
        _require_recogniser(conn, desk, actor, initiative)
        mark_recognised(conn, initiative_id)
        journal = Journal(conn, desk.calendar, [])
        fact = InitiativeRecognised(authors=initiative.authors, title=initiative.title)
        item = Item(work_id=f"{INITIATIVE}{initiative_id}")
        event = event_of(item, fact, actor_id=actor.actor_id, at=at)
        journal.add(event, recorded_at=recorded(actor, at), ours=True)
        journal.write()
    return replace(initiative, status=InitiativeStatus.RECOGNISED)


def list_initiatives(desk: Desk, actor: Actor, *, officer_id: str, unit_id: str) -> list[Initiative]:
    """Of an author, of the authors with a post in a unit or below it, or all; the latest first. Raises NotFound."""
    if officer_id and unit_id:
        raise InvalidInput("Give officer_id or unit_id, not both.", field="officer_id")
    with desk.pool.connection() as conn, conn.transaction():
        if not _may_list(conn, desk, actor, officer_id=officer_id, unit_id=unit_id):
            raise Denied("Officers see their own initiatives, heads those of their units and those below.")
        officers = _authors_of(conn, desk, actor, officer_id=officer_id, unit_id=unit_id)
        return find_initiatives(conn, officers, most=MOST_LISTED)


def _may_list(conn: Connection, desk: Desk, actor: Actor, *, officer_id: str, unit_id: str) -> bool:
    day = today(desk, actor)
    if sees_all(actor):
        return True
    if unit_id:
        return heads(conn, actor, unit_id, day)
    return bool(officer_id) and (officer_id == actor.caller.officer_id or heads_officer(conn, actor, officer_id, day))


def _authors_of(conn: Connection, desk: Desk, actor: Actor, *, officer_id: str, unit_id: str) -> Collection[str] | None:
    if unit_id:
        require_known_unit(conn, unit_id)
        day = today(desk, actor)
        return find_officers_in(conn, find_units_below(conn, unit_id, day), day)
    if officer_id:
        require_known_officer(conn, officer_id)
        return [officer_id]
    return None


def _require_recogniser(conn: Connection, desk: Desk, actor: Actor, initiative: Initiative) -> None:
    heads = find_heads_above(conn, {author.unit_id for author in initiative.authors}, today(desk, actor))
    if fault := find_wrong_recogniser(actor.actor_id, initiative.authors, heads):
        raise Denied(f"{fault}.")
    above = any(actor.caller.officer_id in officers for officers in heads.values())
    if not above and "evaluator" not in actor.caller.roles:
        raise Denied(f"Initiative {initiative.initiative_id} is recognised from above its authors, or by an evaluator.")
