"""Calls that outlast a service that is away, and the facts in several lanes."""

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar
from zlib import crc32

from congvu.work.v1 import events_pb2 as work
from congvu.work.v1 import service_pb2 as work_service
from embedded.doors import Doors, Stage
from embedded.errors import CityError
from runtime.errors import Unavailable

BATCH = 500
_LANES = 3
_TRIES = 60
_PAUSE_SECONDS = 1.0

T = TypeVar("T")
R = TypeVar("R")


def call_patiently(call: Callable[[T], R], request: T, *, pause: Callable[[float], None] = time.sleep) -> R:
    """The answer; while the service is away it is asked again, for about a minute beside the calls' own deadlines."""
    for _ in range(_TRIES):
        try:
            return call(request)
        except Unavailable:
            pause(_PAUSE_SECONDS)
    return call(request)


def batches(things: Sequence[T], size: int = BATCH) -> Iterator[Sequence[T]]:
    """The things in pieces of at most `size`."""
    for start in range(0, len(things), size):
        yield things[start : start + size]


def send_facts(doors: Doors, events: Sequence[work.WorkEvent], stage: Stage) -> int:
    """Sends all facts, those of one item in their order; returns how many the service has. A refusal is a CityError."""
    lanes: list[list[work.WorkEvent]] = [[] for _ in range(_LANES)]
    for event in events:
        lanes[crc32(event.work_id.encode()) % _LANES].append(event)

    def send(lane: Sequence[work.WorkEvent]) -> int:
        return sum(_send_batch(doors, batch, stage) for batch in batches(lane))

    with ThreadPoolExecutor(_LANES, thread_name_prefix="demo facts") as pool:
        return sum(pool.map(send, lanes))


def _send_batch(doors: Doors, batch: Sequence[work.WorkEvent], stage: Stage) -> int:
    answer = _record(doors, batch)
    if answer.refused:
        first = answer.refused[0]
        raise CityError(
            f"The work service refused {len(answer.refused)} of {len(batch)} facts of the demo, the first "
            f"({first.event_id}, {first.field}) because {first.reason}; see logs/work.log."
        )
    stage.advance(len(batch))
    return answer.accepted + answer.repeated_events


def _record(doors: Doors, batch: Sequence[work.WorkEvent]) -> work_service.RecordWorkEventsResponse:
    return call_patiently(doors.work.RecordWorkEvents, work_service.RecordWorkEventsRequest(events=batch))
