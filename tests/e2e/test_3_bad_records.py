"""Another system of the city writes rubbish into the log: it is parked in sight, mended, and nothing is lost."""

import json
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from google.protobuf.json_format import MessageToJson

from congvu.work.v1 import events_pb2
from e2e.judge import event_log_url
from runtime.events import Record, open_event_log
from testkit.cities import RunningCity
from testkit.facts import WorkEvents, work_record

NOW = datetime.now(UTC).replace(microsecond=0)
OFFICER, UNIT = "HUE-00046", "SNV-VP"


def put_into_log(city: RunningCity, records: Sequence[Record]) -> None:
    """What a producer beside `work` does."""
    with closing(open_event_log(event_log_url(city.home))) as log:
        log.append(records)
    city.wait_until_counted()


def parked(city: RunningCity) -> dict[str, list[dict[str, Any]]]:
    """The parked records by item, as the command line shows them."""
    found: dict[str, list[dict[str, Any]]] = {}
    for record in json.loads(city.tell("parked", "--json"))["records"]:
        found.setdefault(record["work_id"], []).append(record)
    return found


def item(name: str) -> WorkEvents:
    """An item of another system, held by an officer of the demo city."""
    return WorkEvents(f"other/{name}", officer_id=OFFICER, unit_id=UNIT)


def assigned(events: WorkEvents) -> events_pb2.WorkEvent:
    """Assigned two days ago, due in a week."""
    return events.assigned(NOW - timedelta(days=2), due_at=NOW + timedelta(days=7))


def test_each_bad_record_is_parked_with_its_reason_and_the_rest_goes_on(city: RunningCity) -> None:
    garbage, early, gap, ahead, fine = (item(name) for name in ("garbage", "early", "gap", "ahead", "fine"))
    completed_first = early.completed(NOW - timedelta(days=3))
    assigned_later = assigned(early)
    first, _lost, third = assigned(gap), gap.submitted(NOW - timedelta(days=1)), gap.completed(NOW - timedelta(hours=1))
    records = [
        replace(work_record(assigned(garbage)), value=b"\xff\xfe no protobuf"),
        work_record(garbage.completed(NOW - timedelta(hours=2))),
        work_record(completed_first),
        work_record(assigned_later),
        work_record(first),
        work_record(third),
        work_record(ahead.assigned(NOW + timedelta(days=1), due_at=NOW + timedelta(days=7))),
        work_record(assigned(fine)),
        work_record(fine.completed(NOW - timedelta(hours=1))),
    ]
    put_into_log(city, records)
    found = parked(city)
    assert "no WorkEvent" in found["other/garbage"][0]["reason"]
    assert found["other/garbage"][1]["behind"]
    assert "lies before its assignment" in found["other/early"][0]["reason"]
    assert "Revision 2" in found["other/gap"][0]["reason"]
    assert "future" in found["other/ahead"][0]["reason"]
    assert "other/fine" not in found


def test_a_work_event_of_an_unknown_officer_is_told_and_scores_nobody(city: RunningCity) -> None:
    stranger = WorkEvents("other/stranger", officer_id="HUE-99999", unit_id=UNIT)
    put_into_log(city, [work_record(assigned(stranger))])
    assert "HUE-99999" in city.tell("parked")


def test_mended_records_are_counted_and_a_replay_follows_the_mends(city: RunningCity, tmp_path: Path) -> None:
    found = parked(city)
    offset = str(found["other/garbage"][0]["offset"])
    event = assigned(item("garbage"))
    event.revision = 1
    file = tmp_path / "event.json"
    file.write_text(MessageToJson(event))
    city.tell("mend", "other/garbage", "--offset", offset, "--replace", str(file), "--reason", "read from the backup")
    city.tell("mend", "other/gap", "--revision-missing", "2", "--reason", "never sent")
    for name in ("early", "ahead"):
        number = str(found[f"other/{name}"][0]["offset"])
        city.tell("mend", f"other/{name}", "--offset", number, "--drop", "--reason", "a mistake of the sender")
    city.wait_until_counted()
    assert parked(city) == {}
    assert "differences=0" in city.tell("recompute", "--check")


def test_a_mend_of_nothing_is_refused_in_one_sentence(city: RunningCity) -> None:
    refused = city.run("mend", "other/fine", "--offset", "0", "--drop", "--reason", "x")
    assert refused.returncode == 1
    assert "no parked record" in refused.stderr
    assert "Traceback" not in refused.stderr
