"""Who may call which method, by role."""

from collections.abc import Mapping

SIGNED_IN = frozenset({"officer", "evaluator", "administrator", "service"})
OFFICERS = frozenset({"officer"})
KEEPERS = frozenset({"administrator", "service"})
DECIDERS = frozenset({"evaluator", "administrator"})

ACCESS: Mapping[str, frozenset[str]] = {
    "PutProducts": KEEPERS,
    "ListProducts": SIGNED_IN,
    "AssignTask": OFFICERS,
    "ReassignTask": OFFICERS,
    "HandBackTask": OFFICERS,
    "ChangeDue": OFFICERS,
    "SubmitTask": OFFICERS,
    "ReturnTask": OFFICERS,
    "AcceptTask": OFFICERS,
    "ReopenTask": OFFICERS,
    "CancelTask": OFFICERS,
    "ExcuseDelay": OFFICERS,
    "ExcuseReview": OFFICERS,
    "DecideProduct": OFFICERS,
    "TakeTask": OFFICERS,
    "GetWork": SIGNED_IN,
    "ListWork": SIGNED_IN,
    "ListLoads": SIGNED_IN,
    "SendRequest": OFFICERS,
    "AnswerRequest": OFFICERS,
    "ProposeInitiative": OFFICERS,
    "RecogniseInitiative": OFFICERS | {"evaluator"},
    "ListInitiatives": SIGNED_IN,
    "ProposeProduct": OFFICERS,
    "ListProductProposals": OFFICERS | DECIDERS,
    "DecideProductProposal": DECIDERS,
    "RecordWorkEvents": KEEPERS,
    "RecordOutage": KEEPERS,
    "RecordMend": frozenset({"service", "evaluator"}),
}
"""Method → roles that may call it; which items each may touch is decided in `usecases.access`."""
