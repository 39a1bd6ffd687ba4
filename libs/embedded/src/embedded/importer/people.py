"""Units and officers of a log: who was seen where, and when."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from embedded.importer.items import Item
from embedded.importer.mapping import LogMapping, Product
from embedded.importer.names import Names
from embedded.importer.report import Oddity, Reason
from embedded.importer.rules import Spell

# Days of the organization are days of the city, wherever the log comes from.
LOCAL = ZoneInfo("Asia/Ho_Chi_Minh")


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitState:
    """A unit to put; valid from its first day on, without an end."""

    unit_id: str
    kind: str
    name: str
    parent_id: str
    valid_from: date


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficerState:
    """An officer to put, with one post; `valid_to` is the first day on which it is over."""

    officer_id: str
    full_name: str
    category: str
    unit_id: str
    valid_from: date
    valid_to: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Organization:
    """Everything that has to be there before the facts: units with parents first, officers, products."""

    city: UnitState | None
    units: Sequence[UnitState]
    officers: Sequence[OfficerState]
    products: Sequence[Product]


@dataclass(slots=True)
class _Seen:
    first: datetime
    last: datetime
    line: int
    steps: int = 0
    items: int = 0
    answered_in: Counter[str] = field(default_factory=Counter)
    worked_in: Counter[str] = field(default_factory=Counter)

    def extend(self, first: datetime, last: datetime, line: int) -> None:
        self.first = min(self.first, first)
        self.last = max(self.last, last)
        self.line = min(self.line, line)

    def home(self) -> str:
        """The unit for which they answer most, else in which they work most; "" when the log never says."""
        places = self.answered_in or self.worked_in
        return min(places, key=lambda unit: (-places[unit], unit)) if places else ""


class People:
    """Collects who was seen where, item by item; the order does not matter."""

    def __init__(self, mapping: LogMapping, names: Names) -> None:
        self._mapping = mapping
        self._names = names
        self._seen: dict[str, _Seen] = {}
        self._units: set[str] = set()

    def add(self, item: Item, spells: Iterable[Spell]) -> None:
        """Takes in the steps of an item and those who held it."""
        for step in item.steps:
            if step.officer:
                seen = self._see(step.officer, step.at, step.at, step.line)
                seen.steps += 1
                seen.worked_in.update([step.unit] if step.unit else [])
        for spell in spells:
            self._units.add(spell.unit)
            if spell.officer:
                seen = self._see(spell.officer, spell.first, spell.last, item.line)
                seen.items += 1
                seen.answered_in.update([spell.unit] if spell.unit else [])

    def count(self) -> tuple[int, int, int]:
        """Names that the log calls somebody, those of them that did a step, and those that answer for an item; test
        accounts included."""
        seen = self._seen.values()
        return len(seen), sum(each.steps > 0 for each in seen), sum(each.items > 0 for each in seen)

    def organization(self) -> tuple[Organization, list[Oddity]]:
        """What to put, and who was seen too early for the municipality."""
        registered = {name: seen for name, seen in self._seen.items() if self._names.holder(name).registers}
        units = sorted(self._units | {seen.home() for seen in registered.values()} - {""})
        officers = [self._officer(name, registered[name]) for name in sorted(registered)]
        organization = Organization(
            city=self._city(),
            units=[self._municipality(), *(self._division(name) for name in units if name)],
            officers=officers,
            products=sorted(self._mapping.products.values(), key=lambda product: product.code),
        )
        return organization, list(self._too_early(registered))

    def _see(self, name: str, first: datetime, last: datetime, line: int) -> _Seen:
        seen = self._seen.get(name)
        if seen is None:
            seen = self._seen[name] = _Seen(first, last, line)
        seen.extend(first, last, line)
        return seen

    def _officer(self, name: str, seen: _Seen) -> OfficerState:
        begins = self._mapping.municipality.valid_from
        return OfficerState(
            officer_id=self._names.holder(name).officer_id,
            full_name=name,
            category=self._mapping.officers.category,
            unit_id=self._names.unit_id(seen.home()),
            valid_from=max(_day(seen.first), begins),
            valid_to=max(_day(seen.last), begins) + timedelta(days=1),
        )

    def _too_early(self, registered: dict[str, _Seen]) -> Iterable[Oddity]:
        begins = self._mapping.municipality.valid_from
        for name, seen in registered.items():
            if _day(seen.first) < begins:
                detail = f"{name}, {_day(seen.first)}"
                yield Oddity(reason=Reason.SEEN_BEFORE_MUNICIPALITY, line=seen.line, detail=detail)

    def _city(self) -> UnitState | None:
        city = self._mapping.city
        if city is None:
            return None
        return UnitState(unit_id=city.unit_id, kind="CITY", name=city.name, parent_id="", valid_from=city.valid_from)

    def _municipality(self) -> UnitState:
        own = self._mapping.municipality
        return UnitState(
            unit_id=own.unit_id, kind=own.kind, name=own.name, parent_id=own.parent_id, valid_from=own.valid_from
        )

    def _division(self, name: str) -> UnitState:
        own = self._mapping.municipality
        return UnitState(
            unit_id=self._names.unit_id(name),
            kind="DIVISION",
            name=name,
            parent_id=own.unit_id,
            valid_from=own.valid_from,
        )


def _day(moment: datetime) -> date:
    return moment.astimezone(LOCAL).date()
