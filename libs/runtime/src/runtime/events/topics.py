"""The topics of a city. The number of partitions is fixed: changing it is a rebuild."""

from collections.abc import Mapping
from types import MappingProxyType

TOPICS: Mapping[str, int] = MappingProxyType(
    {
        "congvu.organization.v1": 1,
        "congvu.work.v1": 8,
        "congvu.evaluation.findings.v1": 1,
        "congvu.evaluation.v1": 4,
    }
)
