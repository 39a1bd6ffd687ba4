"""What evaluation is told from outside; the only reader of the environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from evaluation.domain.comparing import Comparison
from runtime.config import Environment, RuntimeConfig

POLICIES = Path(__file__).parent / "policies"


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """The settings of `evaluation`: POLICIES is a folder, CALENDAR a working calendar file (none: Hue's)."""

    runtime: RuntimeConfig
    policies: Path
    calendar: Path | None
    # The gRPC door of work (WORK_ADDRESS).
    work_address: str
    # Seconds between two rounds of scoring, and between two events about one subject.
    scoring_pause: float
    saying_pause: float
    # How much a comparison needs (LEAST_ITEMS, LEAST_OTHERS).
    comparison: Comparison


def read_config(values: Mapping[str, str] = os.environ) -> Config:
    """Reads what `RuntimeConfig` reads, and the rest. TOKEN_PRIVATE_KEY signs the calls to work. Raises ConfigError."""
    env = Environment(values)
    calendar = env.text("CALENDAR", "")
    return Config(
        runtime=RuntimeConfig.read(env, "evaluation"),
        policies=env.path("POLICIES", str(POLICIES)),
        calendar=Path(calendar) if calendar else None,
        work_address=env.text("WORK_ADDRESS", ""),
        scoring_pause=env.seconds("SCORING_PAUSE", 0.1),
        saying_pause=env.seconds("SAYING_PAUSE", 1.0),
        comparison=Comparison(
            least_items=env.integer("LEAST_ITEMS", Comparison().least_items),
            least_others=env.integer("LEAST_OTHERS", Comparison().least_others, minimum=1),
        ),
    )
