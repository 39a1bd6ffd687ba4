"""Rows of the open pages: how soon they show a fact, and what they cost the portal."""

import json
import random
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from secrets import token_urlsafe
from socket import create_connection
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

from bench.browsers import Plan, write_plan
from bench.context import Bench
from bench.facts import SEED, Post
from bench.first_page import measure_first_page
from bench.lab import LIFETIME
from bench.live_rows import City, is_scored, living_city
from bench.memory_rows import settled
from bench.programs import BenchError, Effort, Program, family_of, wait_for
from bench.rows import MEGABYTES, MILLISECONDS, Bound, Figure, Found, Row, median, percentile
from bench.streams import Page
from congvu.evaluation.v1.service_pb2_grpc import EvaluationServiceStub
from congvu.organization.v1 import service_pb2 as organization_service
from congvu.organization.v1.service_pb2_grpc import OrganizationServiceStub
from congvu.work.v1 import service_pb2 as work_service
from congvu.work.v1.service_pb2_grpc import WorkServiceStub
from embedded.demo.messages import officer_message, unit_message
from embedded.environment import service_command
from evaluation.domain.periods import from_instant, to_instant
from evaluation.main import periods_of
from portal.store import Session, Sessions
from runtime.cache import open_cache

# Facts a second: the pace of the demo city, and five times that.
PACE, FAST = 20.0, 100.0
# Pages that are open at once.
OWN_PAGES, UNIT_PAGES, CITY_PAGES = 400, 60, 40
_WARM_UP = 5.0
_BATCH = 500
OWN, UNIT, CITY = "own", "unit", "city"


@dataclass(frozen=True, slots=True, kw_only=True)
class Portal:
    """A running portal and where it answers."""

    address: str
    program: Program


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What the pages said, the most that the portal took meanwhile (MB), and what it computed (cores)."""

    answer: Mapping[str, Any]
    memory: float
    computed: float

    def delays(self, *kinds: str) -> list[float]:
        """Milliseconds of the facts on these kinds of pages."""
        return [each * 1e3 for kind in kinds for each in self.answer["delays"][kind]]


def measure_pages(bench: Bench) -> Found:
    """All pages of the sizes, while work is completed."""
    with living_city(bench) as city, _portal(bench, city) as portal:
        facts = _stock(bench, city, PACE, FAST)
        none = settled(portal.program)
        pages = list(_sign_in(bench))
        first_page = measure_first_page(portal.address, [page.secret for page in pages if page.kind == OWN])
        slow = _look(bench, city, portal, pages, rate=PACE, first=0)
        fast = _look(bench, city, portal, pages, rate=FAST, first=facts[0])
    return Found(
        key="pages",
        rows=[*_rows(bench, slow, fast, none), *first_page],
        remarks=[_describe(slow, PACE), _describe(fast, FAST)],
    )


@contextmanager
def _portal(bench: Bench, city: City) -> Iterator[Portal]:
    """A portal over the city, with the service of the organization that it asks; the city has heard of that already."""
    lab = bench.lab
    organization_port, port = lab.choose_port(), lab.choose_port()
    database = lab.make_database("organization")
    environment = {
        **lab.environment(database="", log=""),
        "HTTP_ADDRESS": f"127.0.0.1:{port}",
        "ORGANIZATION_ADDRESS": f"127.0.0.1:{organization_port}",
        "WORK_ADDRESS": city.work,
        "EVALUATION_ADDRESS": city.evaluation,
    }
    with (
        lab.service("organization", "serve", database=database, log=city.log, port=organization_port) as organization,
        lab.stub(organization_port, OrganizationServiceStub) as stub,
    ):
        wait_for(lambda: _is_served(organization_port), organization)
        stub.PutUnits(organization_service.PutUnitsRequest(units=map(unit_message, bench.town.city.units)))
        officers = (officer_message(person, bench.calendar) for person in bench.town.city.people)
        while batch := list(islice(officers, _BATCH)):
            stub.PutOfficers(organization_service.PutOfficersRequest(officers=batch))
        with lab.program("portal-serve", service_command("portal", "serve"), environment) as program:
            wait_for(lambda: _is_healthy(port), program)
            yield Portal(address=f"127.0.0.1:{port}", program=program)
    lab.drop_database(database)


def _is_served(port: int) -> bool:
    try:
        create_connection(("127.0.0.1", port), timeout=5).close()
    except OSError:
        return False
    return True


def _is_healthy(port: int) -> bool:
    try:
        with urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5):
            return True
    except (URLError, OSError):
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """Who appears: units with their heads, their officers, and further ones up to the number of own pages."""

    heads: Mapping[str, str]
    posts: Sequence[Post]


def _cast(bench: Bench) -> Cast:
    """The same for the same town."""
    town, rng = bench.town, random.Random(SEED)
    posts = rng.sample(town.posts, len(town.posts))
    manned = {post.unit_id for post in posts}
    divisions = {unit.unit_id for unit in town.city.units if unit.kind == "division" and unit.unit_id in manned}
    heads = {
        person.stays[0].unit_id: person.officer_id
        for person in town.city.people
        if len(person.stays) == 1 and person.stays[0].role == "head" and person.stays[0].unit_id in divisions
    }
    chosen = dict(rng.sample(sorted(heads.items()), UNIT_PAGES))
    inside = [post for post in posts if post.unit_id in chosen]
    outside = [post for post in posts if post.unit_id not in chosen]
    cast = [*inside, *outside[: max(OWN_PAGES - len(inside), 0)]]
    return Cast(heads=chosen, posts=rng.sample(cast, len(cast)))


def _stock(bench: Bench, city: City, *rates: float) -> list[int]:
    """Records open items for the loads of these rates in work, and waits until they are scored; how many of each."""
    posts, now = bench.once("cast", lambda: _cast(bench)).posts, datetime.now(UTC)
    counts = [int(rate * (_WARM_UP + bench.sizes.live_seconds)) for rate in rates]
    owners = [posts[number % len(posts)] for count in counts for number in range(count)]
    due = min(now + timedelta(hours=60), _month_end(bench, now))
    items = (bench.town.new_item(number, post, now, due_at=due) for number, post in enumerate(owners))
    port, evaluation_port = (int(address.rpartition(":")[2]) for address in (city.work, city.evaluation))
    with (
        bench.progress.stage("open items", len(owners)) as stage,
        bench.lab.stub(port, WorkServiceStub) as work,
        bench.lab.stub(evaluation_port, EvaluationServiceStub) as evaluation,
    ):
        while batch := list(islice(items, _BATCH)):
            answer = work.RecordWorkEvents(work_service.RecordWorkEventsRequest(events=batch))
            if answer.accepted != len(batch):
                raise BenchError(f"Work refused an item: {answer.refused[0].reason}")
            stage.advance(len(batch))
        # The relay is faster than this.
        time.sleep(2.0)
        wait_for(lambda: is_scored(evaluation), *city.programs, pause=0.5)
    return counts


def _month_end(bench: Bench, now: datetime) -> datetime:
    periods = periods_of(bench.calendar)
    return from_instant(periods.start_of(periods.month_of(to_instant(now)) + 1)) - timedelta(minutes=1)


def _sign_in(bench: Bench) -> Iterator[Page]:
    """The pages, each with a session of its own."""
    cast = bench.once("cast", lambda: _cast(bench))
    for post in cast.posts[:OWN_PAGES]:
        yield _page(bench, OWN, post.officer_id, [f"score:{post.officer_id}"])
    for unit_id, head in cast.heads.items():
        people = [f"person:{post.officer_id}" for post in cast.posts if post.unit_id == unit_id]
        yield _page(bench, UNIT, head, [f"score:{unit_id}", *people], headed=[unit_id])
    units = [unit for unit in bench.town.city.units if not unit.successors]
    rows = [f"row:{unit.unit_id}" for unit in units if unit.kind in ("department", "commune")]
    ranks = [f"ranks:{unit.unit_id}" for unit in units if unit.kind == "city"]
    for number in range(CITY_PAGES):
        yield _page(bench, CITY, f"evaluator-{number}", [*rows, *ranks], roles=["officer", "evaluator"])


def _page(
    bench: Bench, kind: str, who: str, watch: Sequence[str], *, headed: Sequence[str] = (), roles: Sequence[str] = ()
) -> Page:
    """A page of somebody who has just signed in."""
    lab, secret, now = bench.lab, token_urlsafe(), datetime.now(UTC)
    session = Session(
        username=who,
        name=who,
        officer_id=who,
        roles=frozenset(roles or ["officer"]),
        headed=tuple(headed),
        token=lab.token_of(who, roles or ["officer"], officer_id=who),
        csrf=token_urlsafe(),
        expires_at=now + LIFETIME,
    )
    with open_cache(lab.redis.url) as cache:
        Sessions(cache).keep(secret, session, now=now)
    return Page(kind=kind, secret=secret, watch=watch)


def _look(bench: Bench, city: City, portal: Portal, pages: Sequence[Page], *, rate: float, first: int) -> Looked:
    """Opens all pages, completes work at this rate, and leaves them."""
    lab, sizes = bench.lab, bench.sizes
    plan = Plan(
        portal=portal.address,
        work=city.work,
        redis=lab.redis.url,
        token=lab.token(),
        pages=pages,
        officers=[(post.officer_id, _units_of(bench, post)) for post in bench.once("cast", lambda: _cast(bench)).posts],
        first=first,
        facts_per_second=rate,
        warm_up=_WARM_UP,
        seconds=sizes.live_seconds,
    )
    write_plan(plan, lab.home / "pages.json")
    with (
        bench.progress.stage(f"{len(pages)} pages and {rate:.0f} facts a second (s)", sizes.live_seconds) as stage,
        lab.module("browsers", str(lab.home / "pages.json")) as client,
    ):
        began, effort = time.monotonic(), Effort(lambda: family_of(portal.program.pid))
        looks = [0.0]
        while client.is_running():
            time.sleep(1.0)
            looks.append(portal.program.memory())
        computed = effort.seconds() / (time.monotonic() - began)
        answer = json.loads(client.answer())
        stage.advance(sizes.live_seconds)
    for program in (*city.programs, portal.program):
        program.check()
    return Looked(answer=answer, memory=max(looks), computed=computed)


def _units_of(bench: Bench, post: Post) -> list[str]:
    """The unit of a post and those above it."""
    parents = {unit.unit_id: unit.parent_id for unit in bench.town.city.units}
    chain = [post.unit_id]
    while parents[chain[-1]]:
        chain.append(parents[chain[-1]])
    return chain


def _rows(bench: Bench, slow: Looked, fast: Looked, none: float) -> Sequence[Row]:
    seconds = bench.sizes.live_seconds
    count = OWN_PAGES + UNIT_PAGES + CITY_PAGES
    delays, many = slow.delays(OWN, UNIT, CITY), fast.delays(OWN, UNIT, CITY)
    if not delays or not many:
        raise BenchError("No page showed any fact.")
    name = f"fact accepted until {count} open pages show it"
    meaning = (
        f"One client keeps the streams of {OWN_PAGES} officers' own pages, {UNIT_PAGES} units' pages with"
        f" their people, and {CITY_PAGES} pages with all departments and communes of the city. For {seconds} s it"
        f" completes {PACE:.0f} items a second in work over gRPC, each in a call of its own; the time from work's"
        " answer until a page has a fragment with the fact in it, once for every fragment that shows it. A fragment has"
        " the nth fact about its subject when it counts n more than when the page was opened: items due in a score and"
        " in a unit's row; in a person's row open items, one fewer."
    )
    return [
        Row(name=f"{name}, p50", figure=Figure(median(delays), MILLISECONDS), meaning=meaning),
        Row(
            name=f"{name}, p99",
            figure=Figure(percentile(delays, 0.99), MILLISECONDS),
            aim=Bound(value=1_000, kind="most", of="figure"),
            least=Bound(value=2_000, kind="most", of="figure"),
            meaning=meaning,
        ),
        Row(
            name=f"the same at {FAST:.0f} facts a second, p99",
            figure=Figure(percentile(many, 0.99), MILLISECONDS),
            meaning=f"The same pages are opened again. p50 {median(many):,.0f} ms.",
        ),
        Row(
            name=f"memory of the portal with {count} open pages",
            figure=Figure(slow.memory, MEGABYTES),
            compared_with="with none",
            reference=Figure(none, MEGABYTES),
            meaning="Proportional set size of the portal's process: the most of a look each second at"
            f" {PACE:.0f} facts a second, {(slow.memory - none) * 1e3 / count:,.0f} kB a page with the fragments that"
            f" it remembers; before that, of one that has just begun. At {FAST:.0f} facts a second {fast.memory:,.0f}"
            " MB.",
        ),
    ]


def _describe(looked: Looked, rate: float) -> str:
    answer = looked.answer
    told = ", ".join(
        f"{name} {median(found):,.0f} and {percentile(found, 0.99):,.0f} ms"
        for kind, name in ((OWN, "officers'"), (UNIT, "units'"), (CITY, "the city's"))
        if (found := looked.delays(kind))
    )
    count = len(looked.delays(OWN, UNIT, CITY))
    after = [each * 1e3 for each in answer["after_news"]]
    return (
        f"Pages at {rate:.0f} facts a second, p50 and p99 by kind: {told}; longest"
        f" {max(looked.delays(OWN, UNIT, CITY)):,.0f} ms of {count:,} fragments with a fact, {answer['never']:,} facts"
        f" were never shown. From the news of the read model until a score was on its page {median(after):,.0f} and"
        f" {percentile(after, 0.99):,.0f} ms. Work accepted {answer['accepted']:,} of {answer['facts']:,};"
        f" {answer['late']:,} calls were sent over 10 ms late. Opened all at once, the pages were complete after"
        f" {answer['opened']:.1f} s. The portal sent {answer['events']:,.0f} events a second and computed"
        f" {looked.computed:.0%} of a core, the client {answer['driver']:.0%}."
    )
