"""What the portal is told by its environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from runtime.config import ConfigError, Environment, RuntimeConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """The settings of `portal`: the gRPC doors that it asks, and a working calendar file (none: Huế's).

    `private_key` signs the token by which it hears whose scores move.
    """

    runtime: RuntimeConfig
    private_key: Path
    calendar: Path | None
    organization_address: str
    work_address: str
    evaluation_address: str
    # The policy that pages lead with.
    policy: str


def read_config(values: Mapping[str, str] = os.environ) -> Config:
    """Reads what `RuntimeConfig` reads, with REDIS_URL and TOKEN_PRIVATE_KEY required, and the rest. ConfigError."""
    env = Environment(values)
    runtime = RuntimeConfig.read(env, "portal", has_data=False)
    if not runtime.redis_url:
        raise ConfigError("The environment variable REDIS_URL is not set: sessions are kept there.")
    calendar = env.text("CALENDAR", "")
    return Config(
        runtime=runtime,
        private_key=env.path("TOKEN_PRIVATE_KEY"),
        calendar=Path(calendar) if calendar else None,
        organization_address=env.text("ORGANIZATION_ADDRESS"),
        work_address=env.text("WORK_ADDRESS"),
        evaluation_address=env.text("EVALUATION_ADDRESS"),
        policy=env.text("POLICY", "pilot-seven-groups"),
    )
