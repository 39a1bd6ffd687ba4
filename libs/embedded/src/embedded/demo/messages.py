"""The demo city as messages of the organization and work services."""

from datetime import date, datetime, time

from congvu.organization.v1 import resources_pb2 as organization
from congvu.organization.v1 import service_pb2 as organization_service
from congvu.work.v1 import resources_pb2 as work
from embedded.demo.catalogue import ProductPlan
from embedded.demo.datafiles import read_yaml
from embedded.demo.hours import FIRST_DAY
from embedded.demo.population import Absence, City, Person, Stay
from embedded.demo.units import UnitPlan, Version
from runtime.timestamps import to_timestamp
from working_calendar import WorkingCalendar

_UNIT_KINDS = {
    "city": organization.UNIT_KIND_CITY,
    "department": organization.UNIT_KIND_DEPARTMENT,
    "commune": organization.UNIT_KIND_COMMUNE,
    "division": organization.UNIT_KIND_DIVISION,
}
_ROLES = {
    "head": organization.POST_ROLE_HEAD,
    "deputy": organization.POST_ROLE_DEPUTY,
    "staff": organization.POST_ROLE_STAFF,
}
_CATEGORIES = {
    "cadre": organization.OFFICER_CATEGORY_CADRE,
    "civil_servant": organization.OFFICER_CATEGORY_CIVIL_SERVANT,
    "public_employee": organization.OFFICER_CATEGORY_PUBLIC_EMPLOYEE,
    "contract": organization.OFFICER_CATEGORY_CONTRACT,
}
_LEAVES = {
    "annual": organization.LEAVE_KIND_ANNUAL,
    "sick": organization.LEAVE_KIND_SICK,
    "maternity": organization.LEAVE_KIND_MATERNITY,
    "unpaid": organization.LEAVE_KIND_UNPAID,
}
# Leave is registered before the office opens.
_REGISTERED = time(7, 30)


def unit_message(unit: UnitPlan) -> organization.Unit:
    """A unit with its whole history."""
    return organization.Unit(
        unit_id=unit.unit_id,
        kind=_UNIT_KINDS[unit.kind],
        versions=[_version_message(version, unit.parent_id) for version in unit.versions],
        successor_ids=unit.successors,
    )


def officer_message(person: Person, calendar: WorkingCalendar) -> organization.Officer:
    """An officer with all posts and leaves."""
    return organization.Officer(
        officer_id=person.officer_id,
        full_name=person.name,
        category=_CATEGORIES[person.category],
        posts=[_post_message(stay, place) for place, stay in enumerate(person.stays, start=1)],
        leaves=[_leave_message(absence, place, calendar) for place, absence in enumerate(person.absences, start=1)],
    )


def product_message(product: ProductPlan) -> work.Product:
    """A product of the catalogue, valid since the two tiers began."""
    return work.Product(
        product_code=product.code,
        name=product.name,
        complexity_group=product.group,
        standard_units=product.units,
        standard_term_hours=product.term_hours,
        recurring=product.recurring,
        leading=product.kind == "lead",
        valid_from=FIRST_DAY.isoformat(),
    )


def account_messages(city: City) -> list[organization_service.Account]:
    """The accounts of accounts.yaml with the officers who hold the posts now."""
    return [
        organization_service.Account(
            username=account["username"],
            password=account["password"],
            officer_id=_holder_id(city, account["holder"]["unit_id"], account["holder"]["role"]),
            roles=_account_roles(evaluator=account.get("evaluator", False)),
        )
        for account in read_yaml("accounts.yaml")
    ]


def sign_ins() -> list[tuple[str, str, str]]:
    """Username, password and who it is, for people to try."""
    return [(account["username"], account["password"], account["purpose"]) for account in read_yaml("accounts.yaml")]


def _account_roles(*, evaluator: bool) -> list[organization.Role.ValueType]:
    return [organization.ROLE_OFFICER, organization.ROLE_EVALUATOR] if evaluator else [organization.ROLE_OFFICER]


def _holder_id(city: City, unit_id: str, role: str) -> str:
    """The first holder of the post who works; for staff one who stays all the time."""
    held = (
        person.officer_id
        for person in city.people
        if person.stays[0] == person.stays[-1] and _is_post(person.stays[0], unit_id, role) and person.load
    )
    return next(held)


def _is_post(stay: Stay, unit_id: str, role: str) -> bool:
    return stay.unit_id == unit_id and stay.role == role


def _version_message(version: Version, parent_id: str) -> organization.UnitVersion:
    return organization.UnitVersion(
        valid_from=version.valid_from.isoformat(),
        valid_to=_day(version.valid_to),
        name=version.name,
        parent_id=parent_id,
    )


def _post_message(stay: Stay, place: int) -> organization.Post:
    return organization.Post(
        post_id=f"{stay.unit_id}-{place}",
        unit_id=stay.unit_id,
        role=_ROLES[stay.role],
        valid_from=stay.since.isoformat(),
        valid_to=_day(stay.until),
        field_unit_ids=stay.field,
        title=stay.title,
    )


def _leave_message(absence: Absence, place: int, calendar: WorkingCalendar) -> organization.Leave:
    registered = datetime.combine(absence.registered, _REGISTERED, calendar.timezone)
    return organization.Leave(
        leave_id=f"{absence.kind}-{place}",
        kind=_LEAVES[absence.kind],
        first_day=absence.first.isoformat(),
        last_day=absence.last.isoformat(),
        registered_at=to_timestamp(registered),
    )


def _day(day: date | None) -> str:
    return day.isoformat() if day else ""
