"""The same log is the same facts: twice, shuffled, or only looked at."""

import random
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from embedded.importer.command import run_import
from embedded.importer.facts import event_id_of
from embedded.importer.names import id_of
from embedded.importer.report import Reason
from runtime.errors import Unavailable

Lines = Callable[..., str]

CHANGES = {
    "facts.reviews": [{"reviewed": ["check"], "returned_when": ["adjust"]}],
    "facts.reassigned": ["take over"],
}


def rows(items: int) -> list[str]:
    """Rows of many items, with every step at one of a few times, so that many fall together."""
    chance = random.Random(7)
    found = []
    for item in range(items):
        end = f"2025-03-{chance.randint(10, 28)}T10:00:00Z" if chance.random() < 0.8 else ""
        head = f"I{item},Officer {chance.randint(1, 5)},Unit {chance.randint(1, 3)},2025-03-20T10:00:00Z"
        for _ in range(chance.randint(1, 8)):
            step = chance.choice(("draft", "check", "adjust", "take over"))
            at = f"2025-03-{chance.randint(2, 12):02}T0{chance.randint(1, 3)}:00:00Z"
            found.append(f"{head},2025-03-01T08:00:00Z,{end},{step},{at},Officer {chance.randint(1, 9)}")
    return found


def contents(done: Any) -> list[tuple[object, ...]]:
    """All that leaves through the door, but for the line that a refusal would name."""
    return [(each.event_id, each.work_id, each.occurred_at, each.actor_id, each.fact) for each in done.events]


def test_a_second_import_changes_nothing_and_says_so(importing: Any, lines: Lines) -> None:
    log = lines(*rows(40))
    first = importing(log, changes=CHANGES)
    second = importing(log, changes=CHANGES, door=first.door)
    assert first.report.repeated == 0
    assert first.report.changed > 0
    assert (second.report.accepted, second.report.changed) == (0, 0)
    assert second.report.repeated == first.report.accepted == first.report.facts.total()
    assert f"0 facts accepted, {second.report.repeated:,} known already" in "\n".join(second.report.lines())


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10**9))
def test_shuffling_the_rows_changes_nothing(importing: Any, lines: Lines, seed: int) -> None:
    ordered = rows(12)
    shuffled = list(ordered)
    random.Random(seed).shuffle(shuffled)
    straight, mixed = (importing(lines(*each), changes=CHANGES) for each in (ordered, shuffled))
    assert contents(straight) == contents(mixed)
    assert straight.door.organizations == mixed.door.organizations
    counts = [[(each.reason, each.count) for each in done.report.findings] for done in (straight, mixed)]
    assert counts[0] == counts[1]


def test_every_fact_has_an_id_of_its_own(importing: Any, lines: Lines) -> None:
    done = importing(lines(*rows(200)), changes=CHANGES)
    assert len(done.events) == done.report.facts.total()
    assert all(re.fullmatch(r"import-[0-9a-f]{40}", event.event_id) for event in done.events)
    assert max(done.door.batches) <= 500
    assert len(done.door.batches) > 1


def test_an_event_id_depends_on_the_log_the_item_the_fact_and_the_place_alone() -> None:
    parts = {"source": "log", "item": "A1", "kind": "Returned", "place": "task-1#1"}
    same = event_id_of(**parts)
    assert same == event_id_of(**parts)
    assert all(event_id_of(**parts | {part: "other"}) != same for part in parts)
    # Pinned: an id that changes between two versions would double every fact of an earlier import.
    assert same == "import-0734b1643cabc91643a043d836625bd36d860962"


def test_a_dry_run_writes_nothing_and_reports_the_same(importing: Any, lines: Lines) -> None:
    log = lines(*rows(40), "broken")
    real = importing(log, changes=CHANGES)
    dry = importing(log, changes=CHANGES, dry_run=True)
    assert not dry.door.organizations
    assert not dry.door.events
    assert dry.report.findings == real.report.findings
    assert (dry.report.rows, dry.report.items, dry.report.officers) == (
        real.report.rows, real.report.items, real.report.officers
    )  # fmt: skip
    assert dry.report.facts == real.report.facts


def test_a_dry_run_needs_no_city(importing: Any, lines: Lines, tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text(lines(*rows(3)))
    shown: list[str] = []

    def open_door() -> Any:
        raise AssertionError("a dry run opened the door")

    progress = importing(lines(*rows(1))).progress
    taken = run_import(
        file=tmp_path / "log.csv",
        mapping=importing.mapping(CHANGES),
        dry_run=True,
        open_door=open_door,
        progress=progress,
        show=shown.append,
    )
    assert taken
    assert "dry run: nothing is written" in shown[0]


def test_refused_facts_are_reported_with_their_line(importing: Any, lines: Lines, refusing_door: Any) -> None:
    done = importing(lines(*rows(3)), changes=CHANGES, door=refusing_door)
    assert done.report.refused == 3
    lines_of_items = {refusal.work_id: refusal.line for refusal in done.report.refusals}
    assert lines_of_items["import/small/I0"] == 2
    text = "\n".join(done.report.lines())
    assert "3 refused" in text
    assert "line 2, import/small/I0, Assigned: due_at has passed (due_at)" in text


def test_a_city_that_goes_away_says_how_far_the_import_came(importing: Any, lines: Lines, door: Any) -> None:
    calls: list[int] = []
    record = door.record_events

    def fail_the_second_time(events: Any) -> Any:
        calls.append(len(events))
        if len(calls) == 2:
            raise Unavailable("The service work does not answer.")
        return record(events)

    door.record_events = fail_the_second_time
    with pytest.raises(Unavailable, match=r"stopped after 500 facts; run it again"):
        importing(lines(*rows(300)), changes=CHANGES, door=door)


@given(st.lists(st.text(min_size=1, max_size=30), min_size=2, max_size=8, unique=True))
def test_no_two_names_share_an_id_and_every_id_is_plain(names: list[str]) -> None:
    ids = [id_of("TOWN-", name) for name in names]
    assert len(set(ids)) == len(names)
    assert all(re.fullmatch(r"[A-Za-z0-9._-]{1,40}", each) for each in ids)


@pytest.mark.parametrize(
    ("name", "expected"),
    [("Group 5", "TOWN-Group-5"), ("Resource21", "TOWN-Resource21"), ("test", "TOWN-test"), ("TEST", "TOWN-TEST")],
)
def test_plain_names_stay_readable(name: str, expected: str) -> None:
    assert id_of("TOWN-", name) == expected


def test_vietnamese_names_lose_their_accents_and_get_a_mark() -> None:
    assert re.fullmatch(r"TOWN-Phong-Kinh-te-Dat-dai-[0-9a-f]{8}", id_of("TOWN-", "Phòng Kinh tế Đất đai"))


def test_local_times_around_the_change_of_clocks_are_noted_with_their_line(importing: Any, lines: Lines) -> None:
    twice = "A1,Lan,Land,2025-10-30 12:00,2025-10-01 12:00,2025-10-29 12:00,check,2025-10-26 02:30,Lan"
    never = "A2,Lan,Land,2025-04-30 12:00,2025-03-01 12:00,2025-04-29 12:00,check,2025-03-30 02:30,Lan"
    done = importing(lines(twice, never))
    assert done.finding(Reason.AMBIGUOUS_TIME).places[0].line == 2
    assert done.finding(Reason.SKIPPED_TIME).places[0].line == 3
    assert done.facts_of("A1")[0] == ("Assigned", datetime(2025, 10, 1, 10, tzinfo=UTC))
