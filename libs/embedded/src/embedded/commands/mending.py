"""parked, mend, recompute: what could not be applied, how it is mended, and the proof that scores are right."""

import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated, Any

import typer
from google.protobuf.json_format import Parse, ParseError
from rich.console import Console

from congvu.evaluation.v1 import resources_pb2, service_pb2
from congvu.work.v1 import events_pb2
from embedded.commands.options import Json, this_home
from embedded.doors import require_running
from embedded.environment import service_command, service_environment
from embedded.errors import CityError
from embedded.home import Home
from embedded.queries import list_parked
from embedded.render.console import answers, notes
from embedded.render.numbers import instant_text
from embedded.render.plain import json_text, plain
from embedded.render.scores import empty_table
from embedded.session import caller_doors


def register(app: typer.Typer) -> None:
    """Adds the verbs."""
    app.command("parked")(parked)
    app.command("mend")(mend)
    app.command("recompute")(recompute)


def parked(as_json: Json = False) -> None:
    """Records that could not be applied, items without an assignment, and subjects that organization does not know."""
    with caller_doors(this_home()) as doors:
        waiting = list_parked(doors.evaluation)
    if as_json:
        found: dict[str, Any] = {
            "records": [plain(each) for each in waiting.records],
            "unknown_subjects": [plain(each) for each in waiting.unknown_subjects],
            "unassigned_work_ids": list(waiting.unassigned_work_ids),
        }
        answers().out(json_text(found))
        return
    print_parked(answers(), waiting.records)
    for work_id in waiting.unassigned_work_ids:
        answers().print(f"Not assigned: {work_id} has facts and waits for its assignment; send it and they count.")
    for each in waiting.unknown_subjects:
        what = f"{each.subject_id} with {each.items:,} items, for example {each.example_work_id}"
        answers().print(f"Unknown to organization: {what}; register it there and its scores appear.")


def print_parked(console: Console, records: Sequence[resources_pb2.ParkedRecord]) -> None:
    """One row for each record; those that only wait for an earlier one are marked."""
    if not records:
        console.print("Nothing is parked.")
        return
    table = empty_table()
    for name in ("Item", "Partition", "Offset", "Revision", "Since", "Why"):
        table.add_column(name, overflow="fold")
    for each in records:
        why = "waits for an earlier record of the item" if each.behind else each.reason
        numbers = (str(each.partition), str(each.offset), str(each.revision))
        table.add_row(each.work_id or "–", *numbers, instant_text(each.parked_at), why)
    console.print(table)


def mend(
    work_id: Annotated[str, typer.Argument(help="Item whose record is parked.")],
    reason: Annotated[str, typer.Option(help="Why; kept with the mend.")],
    offset: Annotated[int, typer.Option(help="Offset of the parked record.")] = -1,
    drop: Annotated[bool, typer.Option("--drop", help="Forget the record; its revision counts as used.")] = False,
    replace: Annotated[Path | None, typer.Option(help="JSON of the WorkEvent to take instead.")] = None,
    revision_missing: Annotated[int, typer.Option(help="Declare that this revision will never come.")] = 0,
) -> None:
    """Mend a parked record: drop or replace it, or declare a revision missing."""
    request = mend_request(
        work_id, reason, offset=offset, drop=drop, replace=replace, revision_missing=revision_missing
    )
    with caller_doors(this_home()) as doors:
        answer = doors.evaluation.MendRecord(request)
    answers().print(f"Mended: {answer.mend_id}. `congvu parked` shows what is left.")


def mend_request(
    work_id: str, reason: str, *, offset: int, drop: bool, replace: Path | None, revision_missing: int
) -> service_pb2.MendRecordRequest:
    """The request for exactly one of the three actions."""
    if sum((drop, replace is not None, revision_missing > 0)) != 1:
        raise typer.BadParameter("give exactly one of --drop, --replace FILE and --revision-missing REVISION")
    if revision_missing == 0 and offset < 0:
        raise typer.BadParameter("give the --offset of the parked record (see `congvu parked`)")
    request = service_pb2.MendRecordRequest(work_id=work_id, reason=reason)
    if drop:
        request.dropped.offset = offset
    elif replace is not None:
        request.replacement.MergeFrom(events_pb2.Replacement(offset=offset, event=read_event(replace)))
    else:
        request.revision_missing.revision = revision_missing
    return request


def read_event(path: Path) -> events_pb2.WorkEvent:
    """The event of a JSON file, in the form of the contract."""
    try:
        event = Parse(path.read_text(), events_pb2.WorkEvent())
    except OSError as error:
        raise CityError(f"Cannot read {path}: {error.strerror}.") from error
    except (ParseError, UnicodeDecodeError) as error:
        raise CityError(f"{path} is not a WorkEvent of congvu.work.v1: {error}.") from error
    if event.WhichOneof("fact") is None:
        raise CityError(f'{path} is not a WorkEvent of congvu.work.v1: it has no fact, such as "completed": {{}}.')
    return event


def recompute(
    check: Annotated[bool, typer.Option("--check", help="Compare with the live numbers and change nothing.")] = False,
    processes: Annotated[int, typer.Option(min=1, metavar="N", help="So many processes share the work.")] = 1,
) -> None:
    """Compute every number again from the log."""
    verdict = run_recompute(this_home(), notes(), check=check, processes=processes)
    sys.stdout.write(verdict.stdout)
    sys.stderr.write(verdict.stderr)
    raise typer.Exit(verdict.returncode)


def run_recompute(home: Home, console: Console, *, check: bool, processes: int = 1) -> subprocess.CompletedProcess[str]:
    """Runs evaluation's own verb in the city's environment and shows that it runs."""
    city = require_running(home)
    options = [*(["--check"] if check else []), "--processes", str(processes)]
    command = service_command("evaluation", "recompute", *options)
    environment = dict(service_environment(home, city, "evaluation"))
    with console.status("Computing every number again from the log …") if console.is_terminal else nullcontext():
        return _run_to_its_end(command, environment)


def _run_to_its_end(command: Sequence[str], environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Ctrl-C reaches the process as well, which then removes what it made and says so: it is waited for."""
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            output, errors = process.communicate()
        finally:
            signal.signal(signal.SIGINT, before)
    return subprocess.CompletedProcess(command, process.returncode, output, errors)
