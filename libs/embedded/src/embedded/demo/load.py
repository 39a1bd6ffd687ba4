"""Fills a running city with the demo: units, officers, products, accounts, two months of facts, findings."""

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from congvu.evaluation.findings.v1.events_pb2 import FindingEvent
from congvu.evaluation.v1 import service_pb2 as evaluation_service
from congvu.organization.v1 import service_pb2 as organization_service
from congvu.work.v1 import service_pb2 as work_service
from congvu.work.v1.events_pb2 import WorkEvent
from embedded.demo.catalogue import read_products
from embedded.demo.findings import make_findings
from embedded.demo.hours import frame_of
from embedded.demo.messages import account_messages, officer_message, product_message, sign_ins, unit_message
from embedded.demo.months import make_facts
from embedded.demo.population import City, populate
from embedded.demo.sending import batches, call_patiently, send_facts
from embedded.doors import Doors, Progress, await_heard
from working_calendar import WorkingCalendar, load_calendar

# Officers are larger than facts: a service answers a batch of these in a second or so.
_OFFICERS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoReport:
    """What is in the city now. `sign_ins` are (username, password, who); seconds are those of making the facts."""

    seed: int
    units: int
    officers: int
    products: int
    facts: int
    findings: int
    seconds: float
    sign_ins: list[tuple[str, str, str]]


def load_city(*, doors: Doors, progress: Progress, seed: int, facts: int, now: datetime) -> DemoReport:
    """Loads the demo city of this seed and day with at least `facts` facts; again on the same day it changes nothing.

    Raises CityError when a service refuses a part of it, and the errors of runtime.errors.
    """
    calendar = load_calendar()
    frame = frame_of(calendar, now)
    city = populate(rng=random.Random(seed), frame=frame)  # noqa: S311 - a demo, not a secret
    _put_city(doors, progress, city, calendar)
    products = _put_products(doors)
    begun = time.monotonic()
    events = make_facts(city=city, frame=frame, seed=seed, facts=facts, now=now)
    seconds = time.monotonic() - begun
    findings = make_findings(city=city, frame=frame, seed=seed, now=now)
    known = _send(doors, progress, events, findings)
    return DemoReport(
        seed=seed,
        units=len(city.units),
        officers=len(city.people),
        products=products,
        facts=known,
        findings=len(findings),
        seconds=seconds,
        sign_ins=sign_ins(),
    )


def _put_city(doors: Doors, progress: Progress, city: City, calendar: WorkingCalendar) -> None:
    organization = doors.organization
    with progress.stage("Units and officers", len(city.units) + len(city.people)) as stage:
        units = [unit_message(unit) for unit in city.units]
        call_patiently(organization.PutUnits, organization_service.PutUnitsRequest(units=units))
        stage.advance(len(units))
        for batch in batches(city.people, _OFFICERS):
            officers = [officer_message(person, calendar) for person in batch]
            call_patiently(organization.PutOfficers, organization_service.PutOfficersRequest(officers=officers))
            stage.advance(len(batch))
    accounts = organization_service.PutAccountsRequest(accounts=account_messages(city))
    call_patiently(organization.PutAccounts, accounts)
    await_heard(doors.work, city.people[-1].officer_id)


def _put_products(doors: Doors) -> int:
    products = [product_message(product) for product in read_products()]
    call_patiently(doors.work.PutProducts, work_service.PutProductsRequest(products=products))
    return len(products)


def _send(doors: Doors, progress: Progress, events: Sequence[WorkEvent], findings: Sequence[FindingEvent]) -> int:
    with progress.stage("Facts of work", len(events)) as stage:
        known = send_facts(doors, events, stage)
    with progress.stage("General criteria and findings", len(findings)) as stage:
        for batch in batches(findings):
            request = evaluation_service.RecordFindingsRequest(findings=batch)
            call_patiently(doors.evaluation.RecordFindings, request)
            stage.advance(len(batch))
    return known
