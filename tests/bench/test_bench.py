"""What the bench computes itself is tested like anything else: the bounds, the report, and the records it makes."""

import itertools
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from rich.console import Console

from bench import kept
from bench.facts import VALUE_BYTES, Town, in_batches, renumbered
from bench.import_rows import MAPPING, write_log
from bench.kept import Kept
from bench.report import Report, to_markdown
from bench.rows import FACTS, MILLISECONDS, Bound, Figure, Found, Row, Stage, pace_of, percentile
from bench.sizes import LONG, Sizes
from bench.stopwatch import Stopwatch
from bench.table import FURTHER, TABLE
from embedded.importer.command import import_log
from embedded.importer.door import NoDoor
from embedded.render.progress import ConsoleProgress
from working_calendar import load_calendar

AIM, LEAST = Bound(value=0.45, kind="least"), Bound(value=0.3, kind="least")


def row(value: float, *, aim: Bound | None = AIM, least: Bound | None = LEAST) -> Row:
    reference = Figure(100.0, FACTS)
    return Row(name="a", figure=Figure(value, FACTS), meaning="m", reference=reference, aim=aim, least=least)


@pytest.mark.parametrize(("value", "met"), [(45, "aim"), (44.9, "at least"), (30, "at least"), (29.9, "**no**")])
def test_a_row_tells_which_bound_it_keeps(value: float, met: str) -> None:
    assert row(value).met == met


def test_a_bound_may_be_of_the_figure_and_from_above() -> None:
    most = Bound(value=100, kind="most", of="figure")
    slow = Row(name="a", figure=Figure(101.0, MILLISECONDS), meaning="m", aim=most)
    assert (slow.met, most.text(slow), slow.ratio) == ("**no**", "≤ 100 ms", None)
    assert row(1.0, aim=None, least=None).met == ""


def test_the_pace_is_that_of_the_fastest_third_and_of_the_whole() -> None:
    pace = pace_of([(0.0, 0), (3.0, 10), (4.0, 20), (6.0, 30)])
    assert (pace.best, pace.whole) == (10.0, 5.0)
    assert percentile([float(each) for each in range(1, 101)], 0.99) == 99


def test_a_row_that_fails_is_in_the_table_with_its_reason_and_the_others_stay() -> None:
    stages = [Stage(name="poll", wall=3.0, python=2.0, postgres=1.0)]
    found = [Found(key="fold", rows=[row(50)], stages=stages, remarks=["so"]), Found(key="two", failure="it | ended")]
    text = to_markdown(Report(command="make bench", machine=["two cores"], found=found))
    assert "| a | 50.0 facts/s |  | 100 facts/s | 0.50 | ≥ 0.45 | ≥ 0.3 | aim |" in text
    assert "| two: failed |  | it / ended |" in text
    assert "| poll | 3.0 | 2.0 | 1.0 |" in text
    assert "- **a**: m\n- so" in text


def test_what_was_found_is_kept_for_these_sizes_and_what_failed_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept, "FOLDER", tmp_path)
    stages = [Stage(name="poll", wall=3.0, python=2.0, postgres=1.0)]
    found = Found(key="fold", rows=[row(50)], stages=stages, remarks=["so"], taken="today", seconds=1.5)
    Kept(Sizes()).put("kafka", found)
    Kept(Sizes()).put("kafka", Found(key="two", failure="ended"))
    assert Kept(Sizes()).get("kafka", "fold") == found
    assert Kept(Sizes()).get("kafka", "two") is None
    assert Kept(LONG).get("kafka", "fold") is None


def test_no_row_is_called_like_another() -> None:
    assert not TABLE.keys() & FURTHER.keys()


def test_every_record_has_six_attributes_and_130_to_200_bytes() -> None:
    """The maker itself refuses others; this sees that it makes none of them."""
    town = Town(load_calendar(), datetime.now(UTC))
    stories = itertools.islice(town.stories(10), 2_000)
    facts = [*town.facts(2_000), *stories, *town.stock(500), *town.completions(500, 100, 200)]
    records = [record for batch in in_batches(iter(facts)) for record in batch]
    assert len(records) == 4_700
    assert all(len(record.value) in VALUE_BYTES for record in records)
    assert len({record.headers["ce_id"] for record in records[4_000:]}) == 700


def test_a_copy_of_the_stock_is_the_same_items_under_other_numbers() -> None:
    town = Town(load_calendar(), datetime.now(UTC))
    stock = [event.work_id for event in town.stock(50)]
    copies = {renumbered(work_id, first) for first in range(0, 500, 50) for work_id in stock}
    assert {event.work_id for event in town.completions(500, 50, 500)} == copies
    assert len(copies) == 500


def test_the_xes_log_of_the_bench_is_one_that_the_importer_understands(tmp_path: Path) -> None:
    log, mapping = tmp_path / "log.xes", tmp_path / "mapping.yaml"
    mapping.write_text(MAPPING)
    traces = write_log(log, 500_000)
    assert 500_000 <= log.stat().st_size < 510_000
    silent = ConsoleProgress(Console(quiet=True))
    report = import_log(file=log, mapping=mapping, dry_run=True, door=NoDoor(), progress=silent)
    assert (report.items, report.facts.total(), report.findings) == (traces, 5 * traces, ())


def test_time_of_a_stage_inside_another_belongs_to_the_inner_one() -> None:
    watch, begun = Stopwatch(), datetime.now(UTC)

    def spin(seconds: float) -> None:
        until = datetime.now(UTC) + timedelta(seconds=seconds)
        while datetime.now(UTC) < until:
            pass

    inner = watch.timed("inner", spin)
    with watch.stage("outer"):
        spin(0.02)
        inner(0.05)
    spent = watch.spent("")
    assert spent["inner"].wall >= 0.05
    assert 0.02 <= spent["outer"].wall <= (datetime.now(UTC) - begun).total_seconds() - spent["inner"].wall
    assert spent["inner"].python > 0
