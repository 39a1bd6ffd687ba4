"""What all items of a partition add up to."""

from collections.abc import Mapping

from evaluation.domain.contributions import Key
from evaluation.domain.measures import MEASURES
from runtime.postgres import Connection

_PLACES = {name: place for place, name in enumerate(MEASURES)}
_NOTHING = ["0"] * len(MEASURES)


def add_sums(conn: Connection, *, partition: int, deltas: Mapping[Key, Mapping[str, int]]) -> None:
    """Adds to the sums of the partition; called by the holder of the partition's lease only."""
    keys = list(deltas)
    conn.execute(
        """
        INSERT INTO sums (partition, subject, unit_id, month, request, vector)
        SELECT %s, subject, unit_id, month, request, vector::bigint[]
          FROM unnest(%b::text[], %b::text[], %b::int[], %b::boolean[], %b::text[])
               AS delta (subject, unit_id, month, request, vector)
        ON CONFLICT (subject, month, unit_id, request, partition)
           DO UPDATE SET vector = add_vectors(sums.vector, excluded.vector)
        """,
        [
            partition,
            [key.subject for key in keys],
            [key.unit for key in keys],
            [key.month for key in keys],
            [key.request for key in keys],
            [_vector_text(delta) for delta in deltas.values()],
        ],
    )


def _vector_text(measures: Mapping[str, int]) -> str:
    """As PostgreSQL reads it; the measures in stored order."""
    values = _NOTHING.copy()
    for name, value in measures.items():
        values[_PLACES[name]] = str(value)
    return "{" + ",".join(values) + "}"
