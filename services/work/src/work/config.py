"""What the service is told by its environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from runtime.config import Environment, RuntimeConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """The settings of `work`. CALENDAR is a working calendar file (none: Huế's)."""

    runtime: RuntimeConfig
    calendar: Path | None


def read_config(values: Mapping[str, str] = os.environ) -> Config:
    """Reads what `RuntimeConfig` reads, and CALENDAR. Raises ConfigError."""
    env = Environment(values)
    calendar = env.text("CALENDAR", "")
    return Config(runtime=RuntimeConfig.read(env, "work"), calendar=Path(calendar) if calendar else None)
