"""The neutral facts of a case as the messages that a city would have sent."""

from collections.abc import Callable, Mapping
from typing import Any

from congvu.evaluation.findings.v1 import events_pb2 as findings_pb2
from congvu.organization.v1 import resources_pb2
from congvu.work.v1 import events_pb2 as work_pb2
from oracle import facts as f
from runtime.timestamps import to_timestamp


def work_event(fact: f.Fact) -> work_pb2.WorkEvent:
    """A fact of work as its owner publishes it."""
    name, write = _WRITERS[type(fact.fact)]
    return work_pb2.WorkEvent(
        event_id=fact.event_id,
        work_id=fact.work_id,
        revision=fact.revision,
        occurred_at=to_timestamp(fact.occurred_at),
        recorded_at=to_timestamp(fact.recorded_at),
        actor_id=fact.actor_id,
        **{name: write(fact.fact)},
    )


def finding_event(finding: f.Finding) -> findings_pb2.FindingEvent:
    """A finding as evaluation publishes it."""
    event = findings_pb2.FindingEvent(
        event_id=finding.event_id,
        subject_id=finding.subject_id,
        revision=finding.revision,
        occurred_at=to_timestamp(finding.occurred_at),
        recorded_at=to_timestamp(finding.recorded_at),
        period=finding.period,
    )
    what = finding.fact
    if isinstance(what, f.GeneralCriteriaScored):
        event.general_criteria_scored.points = what.points
        event.general_criteria_scored.confirmed = what.confirmed
    elif isinstance(what, f.ShortcomingFound):
        event.shortcoming_found.kind = _shortcoming(what.kind)
    else:
        event.shortcoming_lifted.kind = _shortcoming(what.kind)
    return event


def unit_message(unit: f.Unit) -> resources_pb2.Unit:
    """A unit with its history."""
    return resources_pb2.Unit(
        unit_id=unit.unit_id,
        kind=resources_pb2.UnitKind.Value(f"UNIT_KIND_{unit.kind.upper()}"),
        versions=[
            resources_pb2.UnitVersion(
                valid_from=version.valid_from.isoformat(),
                valid_to="" if version.valid_to is None else version.valid_to.isoformat(),
                name=version.name,
                parent_id=version.parent_id,
            )
            for version in unit.versions
        ],
    )


def officer_message(officer: f.Officer) -> resources_pb2.Officer:
    """A person with posts and leaves."""
    return resources_pb2.Officer(
        officer_id=officer.officer_id,
        full_name=officer.officer_id,
        posts=[
            resources_pb2.Post(
                post_id=post.post_id,
                unit_id=post.unit_id,
                role=resources_pb2.PostRole.Value(f"POST_ROLE_{post.role.upper()}"),
                valid_from=post.valid_from.isoformat(),
                valid_to="" if post.valid_to is None else post.valid_to.isoformat(),
                field_unit_ids=post.field_unit_ids,
            )
            for post in officer.posts
        ],
        leaves=[
            resources_pb2.Leave(first_day=leave.first_day.isoformat(), last_day=leave.last_day.isoformat())
            for leave in officer.leaves
        ],
    )


def _shortcoming(kind: str) -> findings_pb2.ShortcomingKind.ValueType:
    return findings_pb2.ShortcomingKind.Value(f"SHORTCOMING_KIND_{kind.upper()}")


def _assigned(what: f.Assigned) -> work_pb2.Assigned:
    return work_pb2.Assigned(
        officer_id=what.officer_id,
        unit_id=what.unit_id,
        kind=work_pb2.WorkKind.Value(f"WORK_KIND_{what.kind.upper()}"),
        product_code=what.product_code,
        standard_units=what.standard_units,
        due_at=to_timestamp(what.due_at),
        basis=work_pb2.Basis.Value(f"BASIS_{what.basis.upper()}"),
        basis_reason=what.basis_reason,
        title=what.title,
        whole_id=what.whole_id,
    )


def _due_changed(what: f.DueChanged) -> work_pb2.DueChanged:
    return work_pb2.DueChanged(
        due_at=to_timestamp(what.due_at),
        cause=work_pb2.DueChangeCause.Value(f"DUE_CHANGE_CAUSE_{what.cause.upper()}"),
        replaces_due_at=to_timestamp(what.replaces_due_at),
    )


def _grounds(grounds: tuple[str, ...]) -> list[work_pb2.ReviewGround.ValueType]:
    return [work_pb2.ReviewGround.Value(f"REVIEW_GROUND_{ground.upper()}") for ground in grounds]


def _initiative(what: f.InitiativeRecognised) -> work_pb2.InitiativeRecognised:
    authors = [
        work_pb2.InitiativeAuthor(officer_id=author.officer_id, unit_id=author.unit_id, share=author.share)
        for author in what.authors
    ]
    return work_pb2.InitiativeRecognised(authors=authors, title=what.title)


_WRITERS: Mapping[type, tuple[str, Callable[[Any], Any]]] = {
    f.Assigned: ("assigned", _assigned),
    f.Reassigned: (
        "reassigned",
        lambda x: work_pb2.Reassigned(officer_id=x.officer_id, unit_id=x.unit_id, due_at=to_timestamp(x.due_at)),
    ),
    f.HandedBack: ("handed_back", lambda x: work_pb2.HandedBack(reason=x.reason)),
    f.DueChanged: ("due_changed", _due_changed),
    f.Submitted: ("submitted", lambda x: work_pb2.Submitted()),
    f.Returned: (
        "returned",
        lambda x: work_pb2.Returned(due_at=to_timestamp(x.due_at), grounds=_grounds(x.grounds)),
    ),
    f.Completed: ("completed", lambda x: work_pb2.Completed()),
    f.Reopened: (
        "reopened",
        lambda x: work_pb2.Reopened(due_at=to_timestamp(x.due_at), grounds=_grounds(x.grounds)),
    ),
    f.DelayExcused: (
        "delay_excused",
        lambda x: work_pb2.DelayExcused(missed_due_at=to_timestamp(x.missed_due_at), due_at=to_timestamp(x.due_at)),
    ),
    f.ReviewExcused: ("review_excused", lambda x: work_pb2.ReviewExcused(review_event_id=x.review_event_id)),
    f.Cancelled: ("cancelled", lambda x: work_pb2.Cancelled(reason=x.reason)),
    f.ProductDecided: (
        "product_decided",
        lambda x: work_pb2.ProductDecided(product_code=x.product_code, standard_units=x.standard_units),
    ),
    f.CitizenRated: ("citizen_rated", lambda x: work_pb2.CitizenRated(stars=x.stars)),
    f.InitiativeRecognised: ("initiative_recognised", _initiative),
}
