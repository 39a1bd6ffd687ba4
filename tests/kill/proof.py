"""The proof: after all is in, ticked, scored and said, a city holds what the same facts give that were folded once."""

import subprocess
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import psycopg
import redis

from congvu.evaluation.v1 import events_pb2
from congvu.evaluation.v1.resources_pb2 import Scorecard
from congvu.work.v1 import events_pb2 as work_pb2
from embedded.environment import service_command
from evaluation.consumer.handlers import WORK_TOPIC
from evaluation.domain.contributions import Contributions
from evaluation.domain.periods import format_month, to_instant
from evaluation.events.scores import TOPIC
from evaluation.main import MIGRATIONS, handlers, periods_of
from evaluation.store.items import read_adds
from evaluation.store.recompute import load_all_scores, load_all_sums, load_parked_keys, load_revisions, see_one_moment
from kill.city import PATIENCE, KillableCity, wait_for
from kill.load import DUE_SOON
from kill.producer import Producer
from runtime.events import TOPICS, LogUnavailable, StoredRecord, partition_of
from runtime.postgres import Connection
from testkit.facts import work_record
from testkit.records import all_records
from working_calendar import load_calendar

# Subject, period, policy.
CardKey = tuple[str, str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Folded:
    """What a database holds of the facts: non-zero sums, what each item adds, and its last revision."""

    sums: Mapping[object, Sequence[int]]
    adds: Mapping[str, Contributions]
    evidence: frozenset[tuple[object, ...]]
    revisions: Mapping[str, int]


def prove(city: KillableCity, producer: Producer) -> None:
    """Waits until the city has come to rest, and holds it against the reference and its own recomputation."""
    wait_until_settled(city, since=max(datetime.now(UTC), city.founded_at + DUE_SOON))
    with psycopg.connect(city.evaluation_url) as conn:
        see_one_moment(conn)
        live, watermarks = read_folded(conn), _watermarks(conn)
        assert load_parked_keys(conn) == set(), "A fact was parked."
    assert live == fold_once(city, producer.sent, watermarks)
    live_equals_recomputed(city)
    check_read_models(city)
    check_said(city)
    city.check_alive()


def live_equals_recomputed(city: KillableCity) -> None:
    """As an operator finds out."""
    command = service_command("evaluation", "recompute", "--check")
    answer = subprocess.run(
        command, env=city.environment("evaluation"), capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert "differences=0" in answer.stdout


def wait_until_settled(city: KillableCity, *, since: datetime) -> None:
    """Until every fact is consumed, the clock followed beyond `since`, and everything is scored and said."""
    deadline = time.monotonic() + PATIENCE
    while left := _what_is_left(city, since):
        city.check_alive()
        words = "\n".join(f"{process.part}: {process.last_words()}" for process in city.processes)
        assert time.monotonic() < deadline, f"{left}\n{words}"
        time.sleep(0.1)


def wait_until_ticked(city: KillableCity) -> None:
    """Until all that was sent is consumed, and the clock followed beyond this moment; scores may lag behind."""
    since = datetime.now(UTC)
    wait_for(lambda: not _what_is_unticked(city, since))


def _what_is_left(city: KillableCity, since: datetime) -> str:
    """In the order in which things flow: what was passed stays passed."""
    try:
        return _what_is_unticked(city, since) or _what_is_unsaid(city, to_instant(since))
    except (psycopg.OperationalError, LogUnavailable) as error:
        return f"The database or the log is away: {error}"


def _what_is_unticked(city: KillableCity, since: datetime) -> str:
    read = "SELECT partition, next_offset FROM event_positions WHERE topic = %s ORDER BY partition"
    ticked = "SELECT count(*) = 8 FROM event_positions WHERE topic = %s AND watermark >= %s"
    if city.rows(city.producer_url, "SELECT FROM outbox LIMIT 1"):
        return "The producer's outbox is not empty."
    if city.rows(city.evaluation_url, read, [WORK_TOPIC]) != list(enumerate(city.log.ends(WORK_TOPIC))):
        return "Not everything is consumed."
    if city.rows(city.evaluation_url, ticked, [WORK_TOPIC, since]) != [(True,)]:
        return "Not every partition has followed the clock."
    return ""


def _what_is_unsaid(city: KillableCity, since: int) -> str:
    # What is marked in a month to come waits until then.
    scored = "SELECT as_of >= %s AND NOT EXISTS (SELECT FROM scores_due WHERE month <= %s) FROM scorer_clock"
    said = "SELECT NOT EXISTS (SELECT FROM unsaid_scores) AND NOT EXISTS (SELECT FROM outbox)"
    month = periods_of(load_calendar()).month_of(since)
    if city.rows(city.evaluation_url, scored, [since, month]) != [(True,)]:
        return "Not everything is scored."
    return "" if city.rows(city.evaluation_url, said) == [(True,)] else "Not everything is said."


def read_folded(conn: Connection) -> Folded:
    """What the connection's database holds."""
    adds = conn.execute("SELECT work_id, adds FROM items").fetchall()
    evidence = conn.execute("SELECT subject, unit_id, month, work_id FROM evidence").fetchall()
    return Folded(
        sums={key: vector for key, vector in load_all_sums(conn).items() if any(vector)},
        adds={work_id: read_adds(stored) for work_id, stored in adds},
        evidence=frozenset(evidence),
        revisions=load_revisions(conn),
    )


def fold_once(city: KillableCity, facts: Iterable[work_pb2.WorkEvent], watermarks: Mapping[int, datetime]) -> Folded:
    """The reference: in a database of its own each fact is folded once, in one batch, then the clock is followed."""
    by_partition: defaultdict[int, dict[str, work_pb2.WorkEvent]] = defaultdict(dict)
    for fact in facts:
        by_partition[partition_of(fact.work_id, TOPICS[WORK_TOPIC].partitions)][fact.event_id] = fact
    handler = handlers(load_calendar())[WORK_TOPIC]
    with psycopg.connect(city.make_database([MIGRATIONS])) as conn:
        for partition, group in by_partition.items():
            handler.handle(conn, partition, [_stored(partition, *one) for one in enumerate(group.values())])
            handler.tick(conn, partition, watermarks[partition])
        return read_folded(conn)


def _stored(partition: int, offset: int, fact: work_pb2.WorkEvent) -> StoredRecord:
    record = work_record(fact)
    return StoredRecord(
        topic=record.topic,
        partition=partition,
        offset=offset,
        key=record.key,
        value=record.value,
        headers=record.headers,
        appended_at=datetime.now(UTC),
    )


def _watermarks(conn: Connection) -> dict[int, datetime]:
    rows = conn.execute("SELECT partition, watermark FROM event_positions WHERE topic = %s", [WORK_TOPIC])
    return dict(rows.fetchall())


def check_read_models(city: KillableCity) -> None:
    """Redis comes to hold the scores of the database, neither more nor less."""
    with psycopg.connect(city.evaluation_url) as conn:
        stored = _stored_cards(conn)
        months = [month for (month,) in conn.execute("SELECT month FROM months ORDER BY month DESC LIMIT 3")]
    periods = {format_month(month) for month in months}
    wanted = {key: card for key, card in stored.items() if key[1] in periods}
    assert wanted
    wait_for(lambda: _cached_cards(city, wanted) == wanted)


def _stored_cards(conn: Connection) -> dict[CardKey, bytes]:
    return {(key[0], format_month(key[1]), key[2]): card for key, card in load_all_scores(conn).items()}


def _cached_cards(city: KillableCity, wanted: Iterable[CardKey]) -> dict[CardKey, bytes]:
    found: dict[CardKey, bytes] = {}
    with redis.Redis.from_url(city.redis.url) as cache:
        for period, policy in {key[1:] for key in wanted}:
            cards: dict[bytes, bytes] = cache.hgetall(f"evaluation:cards:{policy}:{period}")
            found |= {(subject.decode(), period, policy): card for subject, card in cards.items()}
    return found


def check_said(city: KillableCity) -> None:
    """Without repeats, the events about a subject are numbered without a gap, and the last ones carry its scores."""
    told: dict[CardKey, bytes] = {}
    revisions: defaultdict[str, dict[int, bytes]] = defaultdict(dict)
    for record in all_records(city.log, TOPIC):
        event = events_pb2.EvaluationEvent.FromString(record.value)
        before = revisions[event.subject_id].setdefault(event.revision, record.value)
        assert before == record.value, f"Revision {event.revision} about {event.subject_id} was used twice."
        if event.revision == max(revisions[event.subject_id]):
            cards = event.scores_changed.scorecards
            told |= {(event.subject_id, card.period, card.policy): content_of(card) for card in cards}
    for subject, numbers in revisions.items():
        assert list(numbers) == list(range(1, len(numbers) + 1)), f"Revisions about {subject}: {list(numbers)}"
    with psycopg.connect(city.evaluation_url) as conn:
        assert told == _stored_cards(conn)


def content_of(card: Scorecard) -> bytes:
    """The scorecard as it is stored: without revision and moment."""
    card.ClearField("revision")
    card.ClearField("as_of")
    return card.SerializeToString(deterministic=True)
