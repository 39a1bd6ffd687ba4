"""Waiting until everything is counted and scored."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from congvu.evaluation.v1 import service_pb2
from embedded.errors import CityError
from embedded.folding import QUIET_LOOKS, watch_folding


class Stage:
    def __init__(self, total: int) -> None:
        self.total = total
        self.steps = 0

    def advance(self, steps: int) -> None:
        self.steps += steps


class Stages:
    def __init__(self) -> None:
        self.seen: dict[str, Stage] = {}

    @contextmanager
    def stage(self, name: str, total: int) -> Iterator[Stage]:
        yield self.seen.setdefault(name, Stage(total))


def position(read: int, written: int, waiting: int = 0) -> service_pb2.GetPositionResponse:
    partition = service_pb2.PartitionPosition(topic="congvu.work.v1", next_offset=read, end_offset=written)
    return service_pb2.GetPositionResponse(positions=[partition], scores_waiting=waiting)


class Looks:
    """The positions in turn; the last one for ever."""

    def __init__(self, *positions: service_pb2.GetPositionResponse) -> None:
        self._positions = positions
        self.count = 0

    def __call__(self) -> service_pb2.GetPositionResponse:
        self.count += 1
        return self._positions[min(self.count, len(self._positions)) - 1]


def test_it_waits_until_all_is_read_and_every_score_computed() -> None:
    looks = Looks(position(0, 10), position(6, 10, 3), position(10, 10, 5), position(10, 10, 2), position(10, 10))
    stages = Stages()

    end = watch_folding(looks, stages, facts=10, pause=lambda seconds: None)

    assert end == position(10, 10)
    assert looks.count == 5 + QUIET_LOOKS - 1
    assert {name: (stage.total, stage.steps) for name, stage in stages.seen.items()} == {
        "Counting facts": (10, 10),
        "Computing scores": (5, 5),
    }


def test_it_waits_for_facts_that_are_not_yet_published() -> None:
    looks = Looks(position(4, 4), position(4, 4), position(10, 10))

    assert watch_folding(looks, Stages(), facts=10, pause=lambda seconds: None) == position(10, 10)


def test_a_pause_in_which_more_is_written_begins_the_quiet_anew() -> None:
    looks = Looks(position(5, 5), position(5, 5), position(5, 9), position(9, 9))

    watch_folding(looks, Stages(), facts=5, pause=lambda seconds: None)

    assert looks.count >= 4 + QUIET_LOOKS - 1


def test_an_evaluation_that_stands_still_is_an_error() -> None:
    with pytest.raises(CityError, match="has not moved for five minutes at 3 of 10 records"):
        watch_folding(Looks(position(3, 10)), Stages(), facts=10, pause=lambda seconds: None)
