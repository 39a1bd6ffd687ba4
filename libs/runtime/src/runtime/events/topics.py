"""The topics of a city: the one place that declares partitions, retention and compaction.

A log makes them when they are absent and refuses to work with others; nothing alters them silently.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """What a topic must be. Without `retention` it never expires; compaction keeps the last record of each key only.

    The number of partitions is fixed: changing it is a rebuild.
    """

    partitions: int
    retention: timedelta | None = None
    compacted: bool = False


TOPICS: Mapping[str, Topic] = MappingProxyType(
    {
        # Scores are made of these three and of nothing else: they are kept whole, for ever.
        "congvu.organization.v1": Topic(partitions=1),
        "congvu.work.v1": Topic(partitions=8),
        "congvu.evaluation.findings.v1": Topic(partitions=1),
        # What moved, for others; whoever comes later than this asks evaluation itself.
        "congvu.evaluation.v1": Topic(partitions=4, retention=timedelta(days=400)),
    }
)
