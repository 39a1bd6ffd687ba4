"""The city: its units beside each other, as a table, a treemap and files; down to the divisions."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response

from portal.clients import list_policies
from portal.domain.city import BEST_FIRST, KINDS, ORDERS, Wish, choose
from portal.domain.months import months_until
from portal.usecases.city import City, read_city
from portal.web.context import Signed, Visit
from portal.web.downloads import CSV_TYPE, XLSX_TYPE, Sheet, write_csv, write_xlsx
from portal.web.filters import BAND_KEYS

MONTHS_OFFERED = 12
KIND_NAMES = {"department": "Departments", "commune": "Communes and wards", "division": "Divisions", "city": "City"}
"""Sentences, to be said in a language."""
COLUMNS = (
    ("name", "Unit", "name"),
    ("kind", "Kind", "kind"),
    ("points", "Points", BEST_FIRST),
    ("", "Band", ""),
    ("later", "If nothing more is done", "-later"),
    ("overdue", "Overdue", "-overdue"),
    ("due", "Items due", "-due"),
    ("", "Six months", ""),
    ("change", "To last month", "change"),
)
"""Key of the order, heading, and the order in which a column is sorted first; "" where it cannot be sorted."""
NUMBERS = frozenset({"points", "later", "overdue", "due", "change"})

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Question:
    """What the address asks for; what it cannot ask for counts as not asked."""

    parent: Annotated[str, Query(max_length=100)] = ""
    kind: Annotated[str, Query(max_length=20)] = ""
    band: Annotated[str, Query(max_length=20)] = ""
    q: Annotated[str, Query(max_length=100)] = ""
    sort: Annotated[str, Query(max_length=20)] = BEST_FIRST
    period: Annotated[str, Query(max_length=7)] = ""
    policy: Annotated[str, Query(max_length=100)] = ""

    def wish(self) -> Wish:
        """The rows to show."""
        bands = {key: band for band, key in BAND_KEYS.items()}
        return Wish(
            kind=self.kind if self.kind in KINDS else "",
            band=bands.get(self.band),
            text=self.q,
            sort=self.sort if self.sort.removeprefix("-") in ORDERS else BEST_FIRST,
        )

    def path(self, base: str, **changes: str) -> str:
        """The address that asks for this with some of it changed."""
        asked = {**asdict(self), **changes}
        told = {name: value for name, value in asked.items() if value and (name, value) != ("sort", BEST_FIRST)}
        return f"{base}?{urlencode(told)}" if told else base


Asked = Annotated[Question, Depends(Question)]


@router.get("/city")
def show_city(visit: Signed, asked: Asked) -> Response:
    """Departments and communes, or the units below `parent`."""
    city = _read(visit, asked)
    if city.parent is not None and not city.parent.has_units:
        return visit.back_to(f"/units/{city.parent.unit_id}")
    current = visit.now.astimezone(visit.language.zone).date().isoformat()[:7]
    return visit.page(
        "city.html",
        months=months_until(max(current, city.period), MONTHS_OFFERED),
        **_table(visit, asked, city, is_current=city.period == current and not asked.policy),
    )


@router.get("/parts/city")
def show_city_table(visit: Signed, asked: Asked) -> Response:
    """The table alone."""
    return visit.page("parts/city_table.html", **_table(visit, asked, _read(visit, asked), is_current=False))


@router.get("/city.csv")
def download_csv(visit: Signed, asked: Asked) -> Response:
    """The table as spreadsheets of Vietnam open it."""
    sheet = _sheet(visit, asked)
    return _file(write_csv(sheet, visit.language), CSV_TYPE, f"{sheet.name}.csv")


@router.get("/city.xlsx")
def download_xlsx(visit: Signed, asked: Asked) -> Response:
    """The table as a workbook."""
    sheet = _sheet(visit, asked)
    return _file(write_xlsx(sheet, visit.language), XLSX_TYPE, f"{sheet.name}.xlsx")


def _read(visit: Visit, asked: Question) -> City:
    return read_city(
        visit.doors,
        visit.portal.own,
        parent=asked.parent,
        period=asked.period,
        policy=asked.policy,
        today=visit.now.astimezone(visit.language.zone).date(),
    )


def _table(visit: Visit, asked: Question, city: City, *, is_current: bool) -> Mapping[str, Any]:
    """What the table is made of. `is_current`: its rows are those that are pushed; others are fetched anew."""
    wish, policies = asked.wish(), list_policies(visit.doors, city.period)
    keep = {name: value for name, value in (("period", asked.period), ("policy", asked.policy)) if value}
    return {
        "asked": asked,
        "city": city,
        "rows": choose(city.rows, wish),
        "sort": wish.sort,
        "sort_path": _sort_path(asked, wish.sort),
        "columns": COLUMNS,
        "numbers": NUMBERS,
        "kinds": [kind for kind in KINDS if any(row.place.kind == kind for row in city.rows)],
        "kind_names": KIND_NAMES,
        "is_current": is_current,
        "keep": f"&{urlencode(keep)}" if keep else "",
        "policies": policies,
        "policy_title": _title(visit, asked, policies),
    }


def _title(visit: Visit, asked: Question, policies: Sequence[Any]) -> str:
    """The name of the policy by which the rows are scored."""
    one = next((policy for policy in policies if policy.name == asked.policy), policies[0])
    return visit.language.either(one.title_vi, one.title_en)


def _sort_path(asked: Question, sort: str) -> Callable[[str], str]:
    """The address that a heading leads to, by the order of its first press; the next press turns it around."""

    def path(first: str) -> str:
        turned = first.removeprefix("-") if first.startswith("-") else f"-{first}"
        return asked.path("/city", sort=turned if sort == first else first)

    return path


def _sheet(visit: Visit, asked: Question) -> Sheet:
    city = _read(visit, asked)
    return Sheet(
        name=f"congvu-{city.parent.unit_id if city.parent else 'units'}-{city.period}",
        title=city.parent.name if city.parent else visit.language.say("Your units"),
        period=city.period,
        policy=_title(visit, asked, list_policies(visit.doors, city.period)),
        as_of=city.as_of,
        rows=choose(city.rows, asked.wish()),
        ranks=city.ranks,
        kind_names=KIND_NAMES,
    )


def _file(content: bytes, media_type: str, name: str) -> Response:
    headers = {"content-disposition": f'attachment; filename="{re.sub(r"[^A-Za-z0-9._-]", "-", name)}"'}
    return Response(content, media_type=media_type, headers=headers)
