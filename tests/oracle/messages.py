"""Messages of the contracts as the oracle's plain data."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from congvu.evaluation.findings.v1 import events_pb2 as findings_pb2
from congvu.organization.v1 import resources_pb2 as organization_pb2
from congvu.work.v1 import events_pb2 as work_pb2
from oracle import facts as f

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def instant_of(stamp: Timestamp) -> datetime:
    """An instant to the microsecond."""
    return _EPOCH + timedelta(seconds=stamp.seconds, microseconds=stamp.nanos // 1000)


def fact_of(event: work_pb2.WorkEvent) -> f.Fact:
    """A work event whose fact is known."""
    name = event.WhichOneof("fact")
    assert name is not None
    return f.Fact(
        event_id=event.event_id,
        work_id=event.work_id,
        revision=event.revision,
        occurred_at=instant_of(event.occurred_at),
        recorded_at=instant_of(event.recorded_at),
        fact=_FACTS[name](getattr(event, name)),
        actor_id=event.actor_id,
    )


def _instant(message: Message, name: str) -> datetime | None:
    return instant_of(getattr(message, name)) if message.HasField(name) else None


def _enumerator(message: Message, name: str) -> str:
    """The value of an enum field, lower case without the prefix; "" is unspecified."""
    return _short(message, name, getattr(message, name))


def _short(message: Message, name: str, number: int) -> str:
    enum = message.DESCRIPTOR.fields_by_name[name].enum_type
    assert enum is not None
    values = enum.values_by_number
    prefix = values[0].name.removesuffix("UNSPECIFIED")
    return values[number].name.removeprefix(prefix).lower() if number else ""


def _assigned(what: work_pb2.Assigned) -> f.Assigned:
    return f.Assigned(
        unit_id=what.unit_id,
        officer_id=what.officer_id,
        kind=_enumerator(what, "kind"),
        product_code=what.product_code,
        standard_units=what.standard_units,
        due_at=_instant(what, "due_at"),
        basis=_enumerator(what, "basis"),
        basis_reason=what.basis_reason,
        title=what.title,
        whole_id=what.whole_id,
        requesting_unit_id=what.requesting_unit_id,
        waiting_work_id=what.waiting_work_id,
    )


def _due_changed(what: work_pb2.DueChanged) -> f.DueChanged:
    return f.DueChanged(
        due_at=_instant(what, "due_at"),
        cause=_enumerator(what, "cause"),
        replaces_due_at=_instant(what, "replaces_due_at"),
        reason=what.reason,
    )


def _grounds(what: work_pb2.Returned | work_pb2.Reopened) -> tuple[str, ...]:
    return tuple(_short(what, "grounds", ground) for ground in what.grounds)


def _initiative(what: work_pb2.InitiativeRecognised) -> f.InitiativeRecognised:
    authors = (
        f.InitiativeAuthor(officer_id=author.officer_id, unit_id=author.unit_id, share=author.share)
        for author in what.authors
    )
    return f.InitiativeRecognised(authors=tuple(authors), title=what.title)


_FACTS: Mapping[str, Callable[[Any], f.WorkFact]] = {
    "assigned": _assigned,
    "reassigned": lambda x: f.Reassigned(unit_id=x.unit_id, officer_id=x.officer_id, due_at=_instant(x, "due_at")),
    "handed_back": lambda x: f.HandedBack(reason=x.reason),
    "due_changed": _due_changed,
    "submitted": lambda x: f.Submitted(),
    "returned": lambda x: f.Returned(due_at=_instant(x, "due_at"), grounds=_grounds(x), note=x.note),
    "completed": lambda x: f.Completed(),
    "reopened": lambda x: f.Reopened(due_at=_instant(x, "due_at"), grounds=_grounds(x), note=x.note),
    "delay_excused": lambda x: f.DelayExcused(
        missed_due_at=_instant(x, "missed_due_at"), due_at=_instant(x, "due_at"), reason=x.reason
    ),
    "review_excused": lambda x: f.ReviewExcused(review_event_id=x.review_event_id, reason=x.reason),
    "cancelled": lambda x: f.Cancelled(reason=x.reason),
    "product_decided": lambda x: f.ProductDecided(product_code=x.product_code, standard_units=x.standard_units),
    "citizen_rated": lambda x: f.CitizenRated(stars=x.stars),
    "initiative_recognised": _initiative,
}


def _day(text: str) -> date:
    return date.fromisoformat(text)


def _last_day(text: str) -> date | None:
    return _day(text) if text else None


def unit_of(unit: organization_pb2.Unit) -> f.Unit:
    """A unit with its history."""
    versions = (
        f.UnitVersion(
            valid_from=_day(version.valid_from),
            parent_id=version.parent_id,
            valid_to=_last_day(version.valid_to),
            name=version.name,
        )
        for version in unit.versions
    )
    return f.Unit(unit_id=unit.unit_id, versions=tuple(versions), kind=_enumerator(unit, "kind"))


def officer_of(officer: organization_pb2.Officer) -> f.Officer:
    """An officer with posts and leaves."""
    posts = (
        f.Post(
            post_id=post.post_id,
            unit_id=post.unit_id,
            role=_enumerator(post, "role"),
            valid_from=_day(post.valid_from),
            valid_to=_last_day(post.valid_to),
            field_unit_ids=tuple(post.field_unit_ids),
        )
        for post in officer.posts
    )
    leaves = (
        f.Leave(
            first_day=_day(leave.first_day),
            last_day=_day(leave.last_day),
            registered_at=_instant(leave, "registered_at"),
        )
        for leave in officer.leaves
    )
    return f.Officer(officer_id=officer.officer_id, posts=tuple(posts), leaves=tuple(leaves))


def finding_of(event: findings_pb2.FindingEvent) -> f.Finding:
    """A finding whose fact is known."""
    name = event.WhichOneof("fact")
    fact: f.GeneralCriteriaScored | f.ShortcomingFound | f.ShortcomingLifted
    if name == "general_criteria_scored":
        scored = event.general_criteria_scored
        fact = f.GeneralCriteriaScored(points=scored.points, confirmed=scored.confirmed)
    elif name == "shortcoming_found":
        fact = f.ShortcomingFound(kind=_enumerator(event.shortcoming_found, "kind"))
    else:
        fact = f.ShortcomingLifted(kind=_enumerator(event.shortcoming_lifted, "kind"))
    return f.Finding(
        event_id=event.event_id,
        subject_id=event.subject_id,
        revision=event.revision,
        occurred_at=instant_of(event.occurred_at),
        recorded_at=instant_of(event.recorded_at),
        period=event.period,
        fact=fact,
    )
