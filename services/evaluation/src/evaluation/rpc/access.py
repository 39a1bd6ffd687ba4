"""Who may call what."""

from collections.abc import Mapping

SIGNED_IN = frozenset({"officer", "evaluator", "administrator", "service"})
SERVICES = frozenset({"service"})
EVALUATORS = frozenset({"evaluator", "service"})
KEEPERS = frozenset({"evaluator", "administrator", "service"})

ACCESS: Mapping[str, frozenset[str]] = {
    "GetScorecard": SIGNED_IN,
    "ListScorecards": SIGNED_IN,
    "ListRanking": SIGNED_IN,
    "ExplainScorecard": SIGNED_IN,
    "WatchScorecards": SIGNED_IN,
    # It names everybody.
    "WatchMoves": SERVICES,
    "ListPoints": SIGNED_IN,
    "ListOpenItems": SIGNED_IN,
    "GetMedian": SIGNED_IN,
    "ListChanges": SIGNED_IN,
    "ListLateFacts": EVALUATORS,
    "ListPolicies": SIGNED_IN,
    "RecordFindings": SIGNED_IN,
    "ListParked": KEEPERS,
    "MendRecord": EVALUATORS,
    "GetPosition": KEEPERS,
}
"""Method → roles that may call it; whose scores each may see is decided in `usecases.access`."""
