"""Waiting until everything that was said is counted."""

import time
from collections.abc import Callable, Iterator

from congvu.evaluation.v1 import service_pb2
from congvu.evaluation.v1.service_pb2_grpc import EvaluationServiceStub
from embedded.doors import Progress
from embedded.errors import CityError
from embedded.queries import lag_of

LOOK_SECONDS = 0.25
# The relays publish within a fraction of a second what was accepted: after so long a quiet nothing is on its way.
QUIET_LOOKS = 8
STUCK_LOOKS = 1_200
WORK_TOPIC = "congvu.work.v1"

Position = service_pb2.GetPositionResponse
Look = Callable[[], Position]
Pause = Callable[[float], None]


def wait_until_folded(evaluation: EvaluationServiceStub, progress: Progress, *, facts: int = 0) -> Position:
    """Waits until evaluation has read all, at least `facts` work events, and computed every score; shows both."""

    def look() -> Position:
        return evaluation.GetPosition(service_pb2.GetPositionRequest())

    return watch_folding(look, progress, facts=facts)


def watch_folding(look: Look, progress: Progress, *, facts: int, pause: Pause = time.sleep) -> Position:
    """The same, for any source of positions."""
    position = _until_read(look, progress, facts, pause)
    return _until_computed(look, position, progress, pause)


def _until_read(look: Look, progress: Progress, facts: int, pause: Pause) -> Position:
    begin = look()
    with progress.stage("Counting facts", max(written(begin), facts)) as stage:
        shown = 0
        for position in _looks(look, begin, pause):
            stage.advance(max(0, read(position) - shown))
            shown = max(shown, read(position))
            if lag_of(position) == 0 and work_read(position) >= facts:
                break
    return position


def _until_computed(look: Look, begin: Position, progress: Progress, pause: Pause) -> Position:
    waiting, quiet = begin.scores_waiting, 0
    with progress.stage("Computing scores", waiting) as stage:
        for position in _looks(look, begin, pause):
            stage.advance(max(0, waiting - position.scores_waiting))
            waiting = position.scores_waiting
            quiet = quiet + 1 if waiting == 0 and lag_of(position) == 0 else 0
            if quiet == QUIET_LOOKS:
                break
    return position


def _looks(look: Look, first: Position, pause: Pause) -> Iterator[Position]:
    """One position after the other; CityError when nothing moves for five minutes."""
    position, unmoved = first, 0
    while unmoved < STUCK_LOOKS:
        yield position
        pause(LOOK_SECONDS)
        before, position = position, look()
        unmoved = unmoved + 1 if _progress(position) == _progress(before) else 0
    raise CityError(
        f"Evaluation has not moved for five minutes at {read(position):,} of {written(position):,} records with "
        f"{position.scores_waiting:,} scores waiting; see `congvu status` and logs/evaluation.log."
    )


def read(position: Position) -> int:
    """Records that evaluation has read."""
    return sum(each.next_offset for each in position.positions)


def written(position: Position) -> int:
    """Records that are in the log."""
    return sum(each.end_offset for each in position.positions)


def work_read(position: Position) -> int:
    """Work events that evaluation has read."""
    return sum(each.next_offset for each in position.positions if each.topic == WORK_TOPIC)


def _progress(position: Position) -> tuple[int, int, int]:
    return read(position), written(position), position.scores_waiting
