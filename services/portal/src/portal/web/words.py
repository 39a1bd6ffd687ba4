"""What the contract calls by codes, as English sentences to be said in a language."""

import re
from collections.abc import Mapping

from congvu.work.v1 import events_pb2, resources_pb2
from portal.clients import status_of
from portal.domain.commands import Command, Status

STATUSES: Mapping[Status, str] = {
    Status.ANNOUNCED: "announced",
    Status.OPEN: "under way",
    Status.SUBMITTED: "waits for review",
    Status.COMPLETED: "completed",
    Status.CANCELLED: "cancelled",
}

REQUEST_KIND = events_pb2.WORK_KIND_REQUEST
RECOGNISED = resources_pb2.INITIATIVE_STATUS_RECOGNISED

KINDS: Mapping[int, str] = {
    events_pb2.WORK_KIND_UNSPECIFIED: "work",
    events_pb2.WORK_KIND_TASK: "task",
    events_pb2.WORK_KIND_INCOMING_DOCUMENT: "incoming document",
    events_pb2.WORK_KIND_DOSSIER: "step of a dossier",
    events_pb2.WORK_KIND_REQUEST: "request of another unit",
}

BASES: Mapping[int, str] = {
    events_pb2.BASIS_EXTRA: "outside the plan",
    events_pb2.BASIS_TAKEN_OVER: "taken over from another officer",
    events_pb2.BASIS_SELF_INITIATED: "begun by the officer",
}

FACTS: Mapping[str, str] = {
    "assigned": "Assigned",
    "reassigned": "Given to another holder",
    "handed_back": "Handed back",
    "due_changed": "Due time changed",
    "redated": "Due time moved for an objective cause",
    "submitted": "Handed in for review",
    "returned": "Returned by the reviewer",
    "completed": "Completed and accepted",
    "reopened": "Opened again",
    "delay_excused": "Delay excused",
    "review_excused": "Failed review excused",
    "cancelled": "Cancelled",
    "product_decided": "Product decided",
    "citizen_rated": "Rated by a citizen",
    "initiative_recognised": "Initiative recognised",
}

CAUSES: Mapping[int, str] = {
    events_pb2.DUE_CHANGE_CAUSE_ASSIGNER: "by the head",
    events_pb2.DUE_CHANGE_CAUSE_COORDINATION: "another unit answered late",
    events_pb2.DUE_CHANGE_CAUSE_LEAVE: "registered leave",
    events_pb2.DUE_CHANGE_CAUSE_OUTAGE: "an outage of the system",
}

GROUNDS: Mapping[int, str] = {
    events_pb2.REVIEW_GROUND_LAW: "wrong law",
    events_pb2.REVIEW_GROUND_COMPETENCE: "wrong competence",
    events_pb2.REVIEW_GROUND_FACTS: "wrong facts",
    events_pb2.REVIEW_GROUND_FIGURES: "wrong figures",
    events_pb2.REVIEW_GROUND_UNUSABLE: "the result cannot be used",
    events_pb2.REVIEW_GROUND_WITHDRAWN_AFTER_ISSUE: "withdrawn or corrected after issue",
    events_pb2.REVIEW_GROUND_REVOKED: "the result was revoked or corrected",
    events_pb2.REVIEW_GROUND_SECOND_SUPPLEMENT: "a second request for supplements",
    events_pb2.REVIEW_GROUND_UNLAWFUL_REFUSAL: "an unlawful refusal",
    events_pb2.REVIEW_GROUND_COMPLAINT_UPHELD: "an upheld complaint",
}
"""The grounds of a failed review (L17), as English sentences to be said."""
OF_DOSSIERS = (
    events_pb2.REVIEW_GROUND_REVOKED,
    events_pb2.REVIEW_GROUND_SECOND_SUPPLEMENT,
    events_pb2.REVIEW_GROUND_UNLAWFUL_REFUSAL,
    events_pb2.REVIEW_GROUND_COMPLAINT_UPHELD,
)
COMMANDS: Mapping[Command, str] = {
    Command.TAKE: "Take",
    Command.SUBMIT: "Finish: hand in for review",
    Command.ANSWER: "Answer the request",
    Command.ASK: "Ask another unit",
    Command.HAND_BACK: "Hand back",
    Command.REFUSE: "Refuse as misdirected",
    Command.ACCEPT: "Accept",
    Command.RETURN: "Return for rework",
    Command.REASSIGN: "Give to another holder",
    Command.CHANGE_DUE: "Change the due time",
    Command.DECIDE_PRODUCT: "Decide the product",
    Command.EXCUSE_DELAY: "Excuse a delay",
    Command.EXCUSE_REVIEW: "Excuse a failed review",
    Command.REOPEN: "Open again",
    Command.CANCEL: "Cancel the work",
}


PROPOSALS: Mapping[int, str] = {
    resources_pb2.PROPOSAL_STATUS_UNSPECIFIED: "proposed",
    resources_pb2.PROPOSAL_STATUS_PROPOSED: "proposed",
    resources_pb2.PROPOSAL_STATUS_ACCEPTED: "accepted",
    resources_pb2.PROPOSAL_STATUS_DECLINED: "declined",
}

MEASURES: Mapping[str, str] = {
    "planned": "planned units",
    "pending_planned": "planned units not yet due",
    "carried_planned": "planned units carried in from earlier months",
    "carried_items": "items carried in from earlier months",
    "done": "units completed",
    "done_failed_1": "of them with one failed review",
    "done_failed_2": "of them with two failed reviews",
    "done_failed_3": "of them with three failed reviews",
    "done_failed_4": "of them with four or more failed reviews",
    "done_late_1": "of them with one delay",
    "done_late_2": "of them with two delays",
    "done_late_3": "of them with three delays",
    "done_late_4": "of them with four or more delays",
    "due_units": "units due",
    "due_items": "items due",
    "missed_items": "items whose due time was missed",
    "on_time_units": "units completed in time",
    "on_time_items": "items completed in time",
    "pending_units": "units not yet due",
    "pending_items": "items not yet due",
    "completed_items": "items completed",
    "proactive_items": "items done early or on one's own initiative",
    "undecided_items": "items without a decided product",
    "ratings": "citizens' ratings",
    "rating_stars": "stars of citizens' ratings",
    "amended_items": "items amended after the cut-off",
    "initiative_credit": "credit of initiatives",
}
"""By the measure's name without the class ("work_", "request_", "all_") in front."""


def status_name(work: resources_pb2.Work) -> str:
    """The sentence for where an item stands."""
    return STATUSES[status_of(work)]


def fact_name(fact: str) -> str:
    """The sentence for a fact, called as events ("due_changed") or as evidence ("DueChanged") call it."""
    key = re.sub(r"(?<!^)(?=[A-Z])", "_", fact).lower()
    return FACTS.get(key, fact)


def measure_name(name: str) -> str:
    """The sentence for a measure, called as policies call it: with its class in front."""
    kind, _, plain = name.partition("_")
    return MEASURES.get(plain, name) if kind in ("work", "request", "all") else name


SENTENCES = tuple(
    sentence
    for words in (STATUSES, KINDS, BASES, FACTS, CAUSES, GROUNDS, COMMANDS, PROPOSALS, MEASURES)
    for sentence in words.values()
)
"""All of them, for the catalogue of translations."""
