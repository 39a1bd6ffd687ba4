"""Logs are JSON lines; without an endpoint nothing runs in the background."""

import json
import logging
import subprocess
import sys

from runtime.telemetry import SparingFilter

PROGRAM = """
import logging, threading
from runtime.telemetry import set_up_telemetry, tracer
set_up_telemetry("work", "")
logger = logging.getLogger("work.usecases")
logger.info("Outside.")
with tracer.start_as_current_span("AssignTask") as span:
    logger.warning("Inside %s.", "ô")
    print(format(span.get_span_context().trace_id, "032x"), span.is_recording(), threading.active_count())
try:
    1 / 0
except ZeroDivisionError:
    logger.exception("Broken.")
"""


def test_logs_are_json_lines_with_the_trace() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    outside, inside, broken = (json.loads(line) for line in done.stderr.splitlines())
    trace_id, recording, threads = done.stdout.split()
    assert (outside["message"], outside["level"], outside["service"]) == ("Outside.", "info", "work")
    assert "trace_id" not in outside
    assert (inside["message"], inside["trace_id"]) == ("Inside ô.", trace_id)
    assert "ZeroDivisionError" in broken["error"]
    assert (recording, threads) == ("False", "1")


def test_of_a_talkative_library_one_warning_in_ten_seconds_passes() -> None:
    spared = SparingFilter("kafka")

    def passes(logger: str, level: int, at: float) -> bool:
        record = logging.LogRecord(logger, level, "", 0, "Connection lost", None, None)
        record.created = at
        return spared.filter(record)

    assert not passes("kafka.cluster", logging.INFO, 0.0)
    assert passes("kafka.net.connection", logging.ERROR, 1.0)
    assert not passes("kafka.net.manager", logging.ERROR, 2.0)
    assert passes("runtime.outbox", logging.INFO, 2.0)
    assert passes("kafka.net.manager", logging.WARNING, 11.5)
