"""Reading the environment: fails at the first wrong value, with a sentence that names the variable."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


class ConfigError(Exception):
    """A setting is missing or wrong; the sentence names it."""


class Environment:
    """Typed access to environment variables. An empty variable counts as absent."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values

    def text(self, name: str, default: str | None = None) -> str:
        """The variable as it is. Absent without a default: ConfigError."""
        value = self._values.get(name, "").strip()
        if value:
            return value
        if default is None:
            raise ConfigError(f"The environment variable {name} is not set.")
        return default

    def integer(self, name: str, default: int | None = None, *, minimum: int = 0) -> int:
        """A whole number of at least `minimum`."""
        text = self.text(name, None if default is None else str(default))
        try:
            value = int(text)
        except ValueError:
            raise ConfigError(f"The environment variable {name} must be a whole number, not {text!r}.") from None
        if value < minimum:
            raise ConfigError(f"The environment variable {name} must be at least {minimum}, not {value}.")
        return value

    def seconds(self, name: str, default: float | None = None) -> float:
        """A finite number of seconds, not negative."""
        text = self.text(name, None if default is None else str(default))
        try:
            value = float(text)
        except ValueError:
            raise ConfigError(f"The environment variable {name} must be a number of seconds, not {text!r}.") from None
        if not math.isfinite(value) or value < 0:
            raise ConfigError(f"The environment variable {name} must be a number of seconds from 0, not {text!r}.")
        return value

    def path(self, name: str, default: str | None = None) -> Path:
        """A path; whether it exists is not checked."""
        return Path(self.text(name, default))


@dataclass(frozen=True, slots=True, kw_only=True)
class RuntimeConfig:
    """What every service is told. Empty `redis_url` or `otlp_endpoint`: there is none.

    A service without data of its own has neither `database_url` nor `event_log_url`.
    """

    service: str
    database_url: str
    event_log_url: str
    redis_url: str
    grpc_address: str
    http_address: str
    token_public_key: Path
    token_private_key: Path | None
    otlp_endpoint: str

    @classmethod
    def read(cls, env: Environment, service: str, *, has_data: bool = True) -> "RuntimeConfig":
        """Reads TOKEN_PUBLIC_KEY and, with data, DATABASE_URL and EVENT_LOG_URL (required), and the optional rest."""
        private_key = env.text("TOKEN_PRIVATE_KEY", "")
        return cls(
            service=service,
            database_url=env.text("DATABASE_URL") if has_data else "",
            event_log_url=env.text("EVENT_LOG_URL") if has_data else "",
            redis_url=env.text("REDIS_URL", ""),
            grpc_address=env.text("GRPC_ADDRESS", "127.0.0.1:0"),
            http_address=env.text("HTTP_ADDRESS", "127.0.0.1:0"),
            token_public_key=env.path("TOKEN_PUBLIC_KEY"),
            token_private_key=Path(private_key) if private_key else None,
            otlp_endpoint=env.text("OTEL_EXPORTER_OTLP_ENDPOINT", ""),
        )
