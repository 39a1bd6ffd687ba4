"""What people find about a subject's month."""

from typing import Any, NamedTuple

from evaluation.domain.periods import Instant, Month


class FindingRow(NamedTuple):
    """One finding about one subject's month; `kind` names the fact, `state` holds its fields."""

    subject: str
    revision: int
    event_id: str
    month: Month
    kind: str
    occurred_at: Instant
    recorded_at: Instant
    state: Any
