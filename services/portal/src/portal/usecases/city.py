"""Units beside each other, as far as the caller sees them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from portal.clients import Doors, find_unit_points, list_places, list_points
from portal.domain.city import Place, UnitRow, rank
from portal.domain.months import last_day, month_before, months_until
from runtime.errors import NotFound

MONTHS_SHOWN = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class City:
    """The units below `parent` in one month, in no order.

    Without a parent: the highest units that the caller sees. `ranks` is empty when they do not see all that stand
    beside each other.
    """

    parent: Place | None
    path: Sequence[Place]
    rows: Sequence[UnitRow]
    ranks: Mapping[str, int]
    period: str
    as_of: datetime


def read_city(
    doors: Doors, own: Doors, *, parent: str, period: str, policy: str, today: date, months: int = MONTHS_SHOWN
) -> City:
    """The units below one ("": below the city, or the highest that the caller sees).

    `own` are the portal's doors, which are asked for the tree. NotFound; Denied when the unit is not theirs to see.
    """
    points, as_of = find_unit_points(doors, parent, period=period, months=months, policy=policy)
    month = period or max((one.months[-1].period for one in points), default=today.isoformat()[:7])
    places = list_places(own, "" if month >= today.isoformat()[:7] else last_day(month).isoformat())
    visible = {one.subject_id for one in points if one.months[-1].period == month} & places.keys()
    above = _find_above(places, visible, parent)
    shown = _find_shown(places, visible, above)
    rows = [to_row(one, places[one.subject_id], month) for one in points if one.subject_id in shown]
    return City(
        parent=above,
        path=_path_to(places, above),
        rows=rows,
        ranks=rank(rows) if above else {},
        period=month,
        as_of=as_of,
    )


def read_row(own: Doors, unit_id: str) -> UnitRow:
    """A unit as it stands, by the leading policy. NotFound without a score."""
    places = list_places(own)
    found = next(list_points(own, subject_id=unit_id, months=MONTHS_SHOWN), None)
    if found is None or unit_id not in places:
        raise NotFound(f"The unit {unit_id} has no score.")
    return to_row(found, places[unit_id], found.months[-1].period)


def read_ranks(own: Doors, parent: str) -> Mapping[str, int]:
    """The places of the units below one as they stand, by the leading policy."""
    places = list_places(own)
    points, _ = find_unit_points(own, parent, period="", months=1, policy="")
    below = [one for one in points if one.subject_id in places and places[one.subject_id].parent_id == parent]
    return rank(to_row(one, places[one.subject_id], one.months[-1].period) for one in below)


def _find_above(places: Mapping[str, Place], visible: set[str], parent: str) -> Place | None:
    if parent:
        if parent not in places:
            raise NotFound(f"There was no unit {parent} in that month.")
        return places[parent]
    tops = _find_shown(places, visible, None)
    if len(tops) == 1:
        # One unit beside nothing says little: what is below it is shown.
        return next((places[one] for one in tops if places[one].has_units), None)
    return next((places[one] for one in tops if places[one].kind == "city"), None)


def _find_shown(places: Mapping[str, Place], visible: set[str], above: Place | None) -> set[str]:
    if above is None:
        return {one for one in visible if places[one].parent_id not in visible}
    return {one for one in visible if places[one].parent_id == above.unit_id}


def _path_to(places: Mapping[str, Place], place: Place | None) -> list[Place]:
    """The units above one, the city first."""
    path: list[Place] = []
    while place is not None and place.parent_id in places:
        place = places[place.parent_id]
        path.append(place)
    return path[::-1]


def to_row(found: Any, place: Place, period: str) -> UnitRow:
    """A unit's row of a month, out of its points; `found` is a message of the contract."""
    points = comparable_points(found.months)
    last = found.months[-1]
    own = last.points if last.HasField("points") else None
    return UnitRow(
        place=place,
        period=period,
        points=own,
        band=last.band,
        points_later=last.points_if_nothing_more if last.HasField("points_if_nothing_more") else None,
        band_later=last.band_if_nothing_more,
        due=last.items_due,
        overdue=last.items_overdue,
        small_sample=last.small_sample,
        change=_difference(points.get(last.period), points.get(month_before(last.period))),
        trend=tuple(points.get(month) for month in months_until(period, MONTHS_SHOWN)),
        reason=(last.reason, last.reason_en),
        reason_later=(last.reason_if_nothing_more, last.reason_if_nothing_more_en),
    )


def comparable_points(months: Iterable[Any]) -> dict[str, int]:
    """The points of messages of the contract by month, without small samples: a single item would move them too far."""
    return {one.period: one.points for one in months if one.HasField("points") and not one.small_sample}


def _difference(now: int | None, before: int | None) -> int | None:
    return None if now is None or before is None else now - before
