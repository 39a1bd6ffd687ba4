"""Processes that share the partitions of a recomputation."""

import gc
import logging
import multiprocessing
import signal
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any, NamedTuple, Self, TypeAlias

from evaluation.store.positions import PositionRow
from evaluation.usecases.refold import RecomputeError, Report, deal_out
from runtime.errors import ServiceError
from runtime.processes import end_with

logger = logging.getLogger(__name__)

FoldShare = Callable[[Sequence[PositionRow], Report], None]
"""Folds partitions with connections of its own, and reports how many records are folded."""

Pipe: TypeAlias = "Connection[Any, Any]"

# Between two reports of nothing, so that the parent can show signs of life.
_QUIET_SECONDS = 10.0
_END_SECONDS = 10.0


class _Worker(NamedTuple):
    process: BaseProcess
    pipe: Pipe


class Workers:
    """`with Workers(fold_share, 2) as workers: workers.fold(positions, report)`.

    They are forks: made before this process has threads or connections, which a fork must not share. With one as well
    the fold is a process of its own, which can be ended whatever it waits for.
    """

    def __init__(self, fold_share: FoldShare, count: int) -> None:
        self._fold_share = fold_share
        self._count = count
        self._workers: list[_Worker] = []

    def __enter__(self) -> Self:
        for number in range(1, self._count + 1):
            self._workers.append(self._start(f"fold-{number}"))
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def fold(self, positions: Sequence[PositionRow], report: Report) -> None:
        """Deals the partitions out, the largest first, and waits. RecomputeError when a process fails or is ended."""
        try:
            self._deal_out(positions)
            self._wait(report)
        except BaseException:
            # They must not go on in tables that whoever called us is about to remove.
            self._end()
            raise

    def _start(self, name: str) -> _Worker:
        context = multiprocessing.get_context("fork")
        ours, theirs = context.Pipe()
        not_its = [ours, *(worker.pipe for worker in self._workers)]
        process = context.Process(target=_work, args=(self._fold_share, theirs, not_its), name=name, daemon=True)
        process.start()
        theirs.close()
        return _Worker(process, ours)

    def _deal_out(self, positions: Sequence[PositionRow]) -> None:
        shares = deal_out(positions, len(self._workers))
        for worker, share in zip(self._workers, shares, strict=True):
            # One that has ended is noticed when it is listened to.
            with suppress(OSError):
                worker.pipe.send(share)

    def _wait(self, report: Report) -> None:
        busy = {worker.pipe: worker for worker in self._workers}
        while busy:
            ready = wait(list(busy), timeout=_QUIET_SECONDS)
            if not ready:
                report(0)
            for pipe in (pipe for pipe in list(busy) if pipe in ready):
                told = _hear(busy[pipe])
                if told is None:
                    del busy[pipe]
                else:
                    report(told)

    def _end(self) -> None:
        for worker in self._workers:
            worker.process.terminate()
        for worker in self._workers:
            worker.process.join(_END_SECONDS)
            worker.pipe.close()
        self._workers = []


def _hear(worker: _Worker) -> int | None:
    """So many more records are folded; None: all are."""
    try:
        told: int | str | None = worker.pipe.recv()
    except (EOFError, OSError):
        worker.process.join(_END_SECONDS)
        code = worker.process.exitcode or 0
        how = f"signal {-code}" if code < 0 else f"exit code {code}"
        raise RecomputeError(
            f"A process of the recomputation was ended by others ({how}). Nothing was changed; start it again."
        ) from None
    if isinstance(told, str):
        raise RecomputeError(told)
    return told


def _work(fold_share: FoldShare, pipe: Pipe, not_its: Sequence[Pipe]) -> None:
    """The life of a worker; it ends with its parent."""
    # Ctrl-C reaches all processes of a terminal; the parent ends the others.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    for other in not_its:
        other.close()
    try:
        positions = pipe.recv()
    except EOFError:
        return
    end_with(pipe)
    # See the fold: it looks for cycles between its batches.
    gc.disable()
    try:
        fold_share(positions, _one_by_one(pipe.send))
    except ServiceError as error:
        pipe.send(str(error))
    except Exception as error:
        logger.exception("A process of the recomputation failed.")
        pipe.send(f"The recomputation failed, and nothing was changed: {error}")
    else:
        pipe.send(None)


def _one_by_one(report: Report) -> Report:
    """For threads."""
    lock = threading.Lock()

    def report_alone(records: int) -> None:
        with lock:
            report(records)

    return report_alone
