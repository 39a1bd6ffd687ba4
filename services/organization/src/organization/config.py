"""What the service is told by its environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from runtime.config import ConfigError, Environment, RuntimeConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """The settings of `organization`. It knows the accounts, so it holds the key that signs tokens."""

    runtime: RuntimeConfig
    token_private_key: Path


def read_config(values: Mapping[str, str] = os.environ) -> Config:
    """Reads what `RuntimeConfig` reads; TOKEN_PRIVATE_KEY is required here. Raises ConfigError."""
    runtime = RuntimeConfig.read(Environment(values), "organization")
    if runtime.token_private_key is None:
        raise ConfigError("The environment variable TOKEN_PRIVATE_KEY is not set.")
    return Config(runtime=runtime, token_private_key=runtime.token_private_key)
