"""`recompute` as an operator runs it: in one process or several, beside a living service, and when it is broken off."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import psutil
import psycopg
import pytest
from kafka import KafkaProducer

from runtime.events.kafka import KafkaAddress
from runtime.events.positions import release
from testkit.waiting import wait_until

from .city import at, city, done, finding_record, general

Run = Callable[..., "subprocess.CompletedProcess[str]"]
Start = Callable[..., "subprocess.Popen[str]"]

ITEMS = 40
ENGINES = pytest.mark.parametrize("event_log_url", ["embedded", "kafka"], indirect=True)
DERIVED = ("items", "ticks", "evidence", "sums", "parked", "units", "officers", "findings")


@pytest.fixture
def event_log_url(request: pytest.FixtureRequest, event_log_url: str) -> str:
    """The embedded log, or that of Kafka where a test asks for it."""
    if getattr(request, "param", "embedded") == "embedded":
        return event_log_url
    url: str = request.getfixturevalue("kafka_log_url")
    return url


@pytest.fixture
def start(environment: Mapping[str, str]) -> Iterator[Start]:
    """`start("recompute", "--check")`: the process, running; it is killed at the end."""
    with ExitStack() as stack:

        def start_it(*arguments: str, **changed: str) -> "subprocess.Popen[str]":
            process = subprocess.Popen(
                [sys.executable, "-m", "evaluation.main", *arguments],
                env={**os.environ, **environment, **changed},
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                # Tests that were started in the background ignore it, and so would their children.
                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
            )
            stack.enter_context(process)
            stack.callback(process.kill)
            return process

        yield start_it


@pytest.fixture
def busy(evaluation: Any) -> Any:
    """Items in all partitions, a parked record, findings and an organization."""
    evaluation.hear([*city(), finding_record(general("an")), *work(0)], batch=7)
    return evaluation


def work(first: int) -> list[Any]:
    items = [done(f"task/{first + n}", "an", due=at(10), completed=at(9 if n % 3 else 12)) for n in range(ITEMS)]
    return [
        *(record for item in items for record in item),
        *list(done(f"task/{first}/x", "an", due=at(20), completed=at(19)))[1:],
    ]


def state_of(evaluation: Any) -> dict[str, list[str]]:
    return {
        table: [str(row) for (row,) in evaluation.rows(f"SELECT each::text FROM {table} AS each ORDER BY 1")]
        for table in DERIVED
    }


def shape_of(evaluation: Any) -> Sequence[object]:
    """Tables, indexes and constraints: their names, owners, rights and definitions."""
    shape: list[object] = evaluation.rows(
        "SELECT relname, relkind, relowner, relacl::text, relpersistence, reloptions FROM pg_class"
        " WHERE relnamespace = 'public'::regnamespace ORDER BY 1"
    )
    shape += evaluation.rows("SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1")
    query = "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint"
    shape += evaluation.rows(f"{query} WHERE connamespace = 'public'::regnamespace ORDER BY 1")
    return shape


def has_side_schema(evaluation: Any) -> bool:
    return bool(evaluation.rows("SELECT FROM pg_namespace WHERE nspname = 'recomputed'"))


def give_up(url: str, topic: str) -> None:
    """A transaction of others that is given up: an offset that holds nothing, and one of its mark."""
    address = KafkaAddress.parse(url)
    producer = KafkaProducer(bootstrap_servers=list(address.bootstrap), transactional_id=f"{address.namespace}.{topic}")
    producer.init_transactions()
    producer.begin_transaction()
    producer.send(address.topic(topic), b"given up", partition=0)
    producer.flush()
    producer.abort_transaction()
    producer.close()


def leave_work_only(evaluation: Any) -> None:
    """As if nothing but work had been folded: the workers alone have something to read then."""
    with evaluation.pool.connection() as conn:
        conn.execute("UPDATE event_positions SET next_offset = 0 WHERE topic <> 'congvu.work.v1'")


@contextmanager
def held_log(event_log_url: str) -> Iterator[None]:
    """Whoever reads records of the embedded log waits."""
    with psycopg.connect(event_log_url) as conn:
        conn.execute("LOCK TABLE event_log_records IN ACCESS EXCLUSIVE MODE")
        yield


def workers_of(process: "subprocess.Popen[str]") -> list[psutil.Process]:
    return psutil.Process(process.pid).children(recursive=True)


def wait_until_folding(event_log_url: str, process: "subprocess.Popen[str]", readers: int) -> list[psutil.Process]:
    """Until so many of its sessions wait for the log; gives its workers."""
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    with psycopg.connect(event_log_url, autocommit=True) as conn:
        wait_until(lambda: conn.execute(waiting).fetchone() == (readers,), seconds=30)
    return workers_of(process)


def corrupt(evaluation: Any) -> None:
    with evaluation.pool.connection() as conn:
        conn.execute("UPDATE sums SET vector[5] = 77")
        conn.execute("DELETE FROM evidence WHERE work_id = 'task/1'")
        conn.execute("UPDATE items SET facts = '', adds = '[]' WHERE work_id = 'task/2'")
        conn.execute("DELETE FROM officers")


@ENGINES
@pytest.mark.parametrize("processes", ["1", "2"])
def test_any_number_of_processes_finds_live_equal_to_recomputed(busy: Any, run: Run, processes: str) -> None:
    ended = run("recompute", "--check", "--processes", processes)
    assert (ended.returncode, " differences=0 " in ended.stdout) == (0, True), ended.stdout + ended.stderr
    assert f"items={ITEMS} " in ended.stdout
    assert not has_side_schema(busy)


def test_more_processes_than_partitions_are_as_many_as_these(busy: Any, start: Start, event_log_url: str) -> None:
    leave_work_only(busy)
    with held_log(event_log_url):
        process = start("recompute", "--check", "--processes", "50")
        assert len(wait_until_folding(event_log_url, process, 8)) == 8


@pytest.mark.parametrize("processes", ["1", "2"])
def test_a_corrupted_state_becomes_what_it_was_and_its_tables_stay(busy: Any, run: Run, processes: str) -> None:
    with busy.pool.connection() as conn:
        conn.execute("GRANT SELECT ON items TO PUBLIC")
    right, shape = state_of(busy), shape_of(busy)
    corrupt(busy)
    ended = run("recompute", "--processes", processes)
    assert ended.returncode == 0, ended.stderr
    assert state_of(busy) == right
    assert shape_of(busy) == shape


def test_what_is_right_is_left_alone(busy: Any, run: Run) -> None:
    places = "SELECT array_agg((work_id, ctid, xmin)::text ORDER BY work_id) FROM items"
    before = busy.rows(places)
    assert " replaced=0:" in run("recompute", "--processes", "2").stdout
    assert busy.rows(places) == before


def test_consumers_at_work_go_on_from_the_replaced_state(busy: Any, run: Run, start: Start) -> None:
    with busy.pool.connection() as conn, conn.transaction():
        for topic in busy.handlers:
            release(conn, topic=topic, owner="test")
    start("consume")
    start("score")
    corrupt(busy)
    busy.log.append(work(1000))
    assert run("recompute", "--processes", "2").returncode == 0
    busy.log.append(work(2000))
    wait_until(lambda: busy.rows("SELECT count(*) FROM items") == [(3 * ITEMS,)], seconds=30)
    checked = run("recompute", "--check", "--processes", "2")
    assert (checked.returncode, " differences=0 " in checked.stdout) == (0, True), checked.stdout + checked.stderr


@pytest.mark.parametrize("processes", ["1", "2"])
def test_killed_amid_the_fold_it_leaves_the_state_as_it_was(busy: Any, run: Run, processes: str) -> None:
    corrupt(busy)
    before = state_of(busy)
    ended = run("recompute", "--processes", processes, CRASH_AT="recompute.after-batch", CRASH_AFTER="3")
    assert (ended.returncode, "(signal 9)" in ended.stderr) == (1, True)
    assert state_of(busy) == before
    assert run("recompute").returncode == 0
    assert state_of(busy) != before


def test_a_killed_worker_is_told_in_one_sentence_and_the_others_end(
    busy: Any, start: Start, event_log_url: str
) -> None:
    before = state_of(busy)
    leave_work_only(busy)
    with held_log(event_log_url):
        process = start("recompute", "--check", "--processes", "2")
        workers = wait_until_folding(event_log_url, process, 2)
        workers[0].kill()
        told = process.communicate(timeout=30)[1]
    assert process.returncode == 1
    assert told == (
        "A process of the recomputation was ended by others (signal 9). Nothing was changed; start it again.\n"
    )
    assert not any(worker.is_running() for worker in workers)
    assert state_of(busy) == before
    assert not has_side_schema(busy)


def test_the_workers_of_a_killed_recomputation_end_by_themselves(busy: Any, start: Start, event_log_url: str) -> None:
    leave_work_only(busy)
    with held_log(event_log_url):
        process = start("recompute", "--check", "--processes", "2")
        workers = wait_until_folding(event_log_url, process, 2)
        process.kill()
        process.wait()
        wait_until(lambda: not any(worker.is_running() for worker in workers), seconds=10)


@pytest.mark.parametrize("processes", [1, 2])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_broken_off_it_leaves_nothing_behind(
    busy: Any, start: Start, event_log_url: str, number: signal.Signals, processes: int
) -> None:
    leave_work_only(busy)
    with held_log(event_log_url):
        process = start("recompute", "--check", "--processes", str(processes))
        workers = wait_until_folding(event_log_url, process, 2)
        process.send_signal(number)
        told = process.communicate(timeout=30)[1]
    assert process.returncode == 130
    assert told == "The recomputation was broken off; nothing is changed before it says so.\n"
    assert not any(worker.is_running() for worker in workers)
    assert not has_side_schema(busy)


def test_two_recomputations_do_not_disturb_each_other(busy: Any, start: Start, run: Run, event_log_url: str) -> None:
    leave_work_only(busy)
    with held_log(event_log_url):
        first = start("recompute", "--check")
        wait_until_folding(event_log_url, first, 2)
        second = run("recompute")
    assert (second.returncode, second.stderr) == (
        1,
        "Another recomputation of this database is at work; wait until it has ended.\n",
    )
    assert "records=" in first.communicate(timeout=30)[0]


@pytest.mark.parametrize("processes", ["1", "2"])
def test_a_log_that_lacks_what_was_folded_is_told_in_one_sentence(busy: Any, run: Run, processes: str) -> None:
    with busy.pool.connection() as conn:
        conn.execute("UPDATE event_positions SET next_offset = 1000 WHERE topic = 'congvu.work.v1' AND partition = 3")
    ended = run("recompute", "--check", "--processes", processes)
    assert ended.returncode == 1
    assert ended.stderr.startswith("The log gives no record at congvu.work.v1/3@")
    assert len(ended.stderr.splitlines()) == 1


@pytest.mark.parametrize("event_log_url", ["kafka"], indirect=True)
def test_the_marks_of_transactions_at_the_end_of_the_log_are_its_end(busy: Any, run: Run, event_log_url: str) -> None:
    give_up(event_log_url, "congvu.organization.v1")
    give_up(event_log_url, "congvu.work.v1")
    right = state_of(busy)
    corrupt(busy)
    ended = run("recompute")
    assert ended.returncode == 0, ended.stderr
    assert state_of(busy) == right
    busy.hear()
    assert run("recompute", "--check").returncode == 0


def test_broken_off_when_the_state_is_replaced_it_has_said_so(
    busy: Any, start: Start, event_log_url: str, service_url: str
) -> None:
    right = state_of(busy)
    corrupt(busy)
    # Somebody looks into the side schema, which cannot be removed meanwhile.
    with psycopg.connect(service_url) as other:
        with held_log(event_log_url):
            process = start("recompute")
            wait_until_folding(event_log_url, process, 1)
            other.execute("SELECT FROM recomputed.items")
        removing = "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'DROP SCHEMA%'"
        wait_until(lambda: busy.rows(removing), seconds=30)
        process.send_signal(signal.SIGINT)
        said, _ = process.communicate(timeout=30)
    assert state_of(busy) == right
    assert said.endswith(": the recomputed state is in place.\n")


def test_its_processes_are_made_before_telemetry_has_threads(busy: Any, environment: Mapping[str, str]) -> None:
    code = (
        "import os, sys; from evaluation.main import main;"
        "os.register_at_fork(before=lambda: print('threads:', len(os.listdir('/proc/self/task')), flush=True));"
        "sys.exit(main(['recompute', '--check', '--processes', '2']))"
    )
    endpoint = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"}
    ended = subprocess.run(
        [sys.executable, "-c", code], env={**environment, **endpoint}, capture_output=True, text=True, timeout=60
    )
    assert ended.returncode == 0, ended.stderr
    assert [line for line in ended.stdout.splitlines() if line.startswith("threads:")] == ["threads: 1"] * 2
