"""The scorer's rounds: when to score whom, and when to say what moved."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from evaluation.usecases.read_models import ReadModels
from evaluation.usecases.saying import say_moved
from evaluation.usecases.scoring import Scorer
from runtime.faults import crash_point
from runtime.postgres import Pool

logger = logging.getLogger(__name__)

# A batch of work that marks more subjects comes from a fold that catches up: it is left most of the machine.
CROWD = 300
# How many times what it computed a round waits for the next in that case, and a whole one for the next whole one
# always; at most how long.
REST, WHOLE_REST = 3, 6
LONGEST_REST = 5.0
# Within the pause between two events about one subject, it is looked so often whether one is due.
LOOKS = 4


@dataclass(slots=True, kw_only=True)
class Rounds:
    """Scores what is marked, and says what moved, again and again; pauses are in seconds.

    Officers are scored at every round. The units above them, of which a few facts touch nearly all, come when the
    last time is long enough ago for what that cost.
    """

    pool: Pool
    scorer: Scorer
    models: ReadModels | None
    scoring_pause: float
    saying_pause: float
    now: Callable[[], datetime]
    _whole_at: float = 0.0
    _say_at: float = 0.0

    def run(self, stop: threading.Event) -> None:
        """Until `stop`. A round that fails is told and tried again."""
        while not stop.is_set():
            try:
                rest = self._run_one()
            except Exception:
                logger.exception("A round of scoring failed; it is tried again.")
                rest = 1.0
                # It may have failed after its commit.
                if self.models is not None:
                    self.models.distrust()
            stop.wait(max(self.scoring_pause, rest))

    def _run_one(self) -> float:
        """One round; returns how long to rest."""
        whole, began = time.monotonic() >= self._whole_at, time.thread_time()
        moved = self.scorer.score_marked(self.pool, whole=whole)
        crash_point("scorer.after-score")
        if self.models is not None:
            self.models.follow(self.pool, moved)
        crash_point("scorer.after-write")
        computed = time.thread_time() - began
        if whole:
            self._whole_at = time.monotonic() + min(WHOLE_REST * computed, LONGEST_REST)
        elif not moved.rows:
            # Nobody else needs the machine.
            self._whole_at = 0.0
        self._say_if_due()
        return min(REST * computed, LONGEST_REST) if moved.crowd > CROWD else 0.0

    def _say_if_due(self) -> None:
        if time.monotonic() >= self._say_at:
            say_moved(self.pool, now=self.now(), pause_seconds=self.saying_pause)
            crash_point("scorer.after-say")
            self._say_at = time.monotonic() + self.saying_pause / LOOKS
