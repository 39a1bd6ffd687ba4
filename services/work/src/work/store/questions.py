"""What has to be known of the city before facts are added to items, in one statement."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from runtime.postgres import Connection
from work.domain.catalogue import Product
from work.domain.terms import LeaveTaken, Outage

# Days and instants come as ISO texts, the instants in UTC as the session is.
_QUERY = """
    SELECT
        (SELECT json_agg(json_build_array(event_id, fingerprint)) FROM work_events WHERE event_id = ANY(%b::text[])),
        (SELECT json_agg(officer_id) FROM known_officers WHERE officer_id = ANY(%b::text[])),
        (SELECT json_agg(unit_id) FROM known_units WHERE unit_id = ANY(%b::text[])),
        (SELECT json_agg(products) FROM products WHERE product_code = ANY(%b::text[])),
        (SELECT json_agg(known_leaves ORDER BY first_day) FROM known_leaves WHERE officer_id = ANY(%b::text[])),
        (SELECT json_agg(outages) FROM outages)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Ids of events, officers, units and products that may be known, and of officers whose leaves count."""

    event_ids: Sequence[str] = ()
    officer_ids: Sequence[str] = ()
    unit_ids: Sequence[str] = ()
    product_codes: Sequence[str] = ()
    holder_ids: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What is known of that. Fingerprints by event, leaves by officer; all outages, as a city has few."""

    fingerprints: dict[str, int]
    officers: Collection[str]
    units: Collection[str]
    products: Sequence[Product]
    leaves: Mapping[str, Sequence[LeaveTaken]]
    outages: Sequence[Outage]


def look_up(conn: Connection, asked: Question) -> Answer:
    """Looks it all up at once."""
    ids = (asked.event_ids, asked.officer_ids, asked.unit_ids, asked.product_codes, asked.holder_ids)
    row = conn.execute(_QUERY, [list(each) for each in ids]).fetchone() or ()
    events, officers, units, products, leaves, outages = (found or [] for found in row)
    taken: dict[str, list[LeaveTaken]] = {}
    for leave in map(_leave, leaves):
        taken.setdefault(leave.officer_id, []).append(leave)
    return Answer(
        fingerprints=dict(events),
        officers=set(officers),
        units=set(units),
        products=[_product(each) for each in products],
        leaves=taken,
        outages=[_outage(each) for each in outages],
    )


def _leave(row: Mapping[str, Any]) -> LeaveTaken:
    return LeaveTaken(
        officer_id=row["officer_id"],
        first_day=date.fromisoformat(row["first_day"]),
        last_day=date.fromisoformat(row["last_day"]),
        registered_at=datetime.fromisoformat(row["registered_at"]),
    )


def _outage(row: Mapping[str, Any]) -> Outage:
    return Outage(
        outage_id=row["outage_id"],
        began_at=datetime.fromisoformat(row["began_at"]),
        ended_at=datetime.fromisoformat(row["ended_at"]),
        reason=row["reason"],
    )


def _product(row: Mapping[str, Any]) -> Product:
    return Product(
        product_code=row["product_code"],
        name=row["name"],
        complexity_group=row["complexity_group"],
        standard_units=row["standard_units"],
        standard_term_hours=row["standard_term_hours"],
        recurring=row["recurring"],
        leading=row["is_leading"],
        valid_from=date.fromisoformat(row["valid_from"]),
        valid_to=date.fromisoformat(row["valid_to"]) if row["valid_to"] else None,
    )
