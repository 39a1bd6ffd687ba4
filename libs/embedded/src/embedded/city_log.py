"""The event log that a city was founded on: the embedded one, or Apache Kafka, which its home remembers.

A city belongs to its log for good. The record city.json is written at each start and may be lost; where the facts are
has therefore a file of its own.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from urllib.parse import quote, urlencode

from embedded.errors import CityError
from embedded.home import Home, write_private

# What holds a password or may hold one is told to the services and never written down.
SECRETS = ("sasl_plain_password", "ssl_password", "proxy_url")


@dataclass(frozen=True, slots=True, kw_only=True)
class CityLog:
    """Brokers (host:port, with commas), the namespace of the topics, settings of the driver by name; no secret.

    Without `bootstrap` it is the embedded log. `secrets` names the settings that only the environment knows; `cluster`
    is Kafka's own id of the cluster, empty until it was met.
    """

    bootstrap: str = ""
    namespace: str = ""
    settings: Mapping[str, str] = field(default_factory=dict)
    secrets: tuple[str, ...] = ()
    cluster: str = ""

    @property
    def is_kafka(self) -> bool:
        return bool(self.bootstrap)

    def url(self, environment: Mapping[str, str]) -> str:
        """EVENT_LOG_URL of a log on Kafka, with the secrets; CityError that names a variable when one is missing."""
        values = {**self.settings, **{name: self._secret(name, environment) for name in self.secrets}}
        path = f"/{quote(self.namespace)}" if self.namespace else ""
        return f"kafka://{self.bootstrap}{path}{'?' + urlencode(values) if values else ''}"

    def _secret(self, name: str, environment: Mapping[str, str]) -> str:
        value = environment.get(variable_of(name), "")
        if not value:
            raise CityError(f"{self} wants {variable_of(name)}, which no file keeps; set it and try again.")
        return value

    def __str__(self) -> str:
        if not self.is_kafka:
            return "the embedded event log"
        return f"Apache Kafka at {self.bootstrap}" + (f", namespace {self.namespace}" if self.namespace else "")


def variable_of(setting: str) -> str:
    """The environment variable of a setting of the driver."""
    return f"KAFKA_{setting.upper()}"


def founded_log(home: Home) -> CityLog | None:
    """The log that the city was founded on; None when there is no city in the home yet."""
    try:
        values = json.loads(home.event_log_file.read_text())
        return CityLog(**{**values, "secrets": tuple(values["secrets"])})
    except FileNotFoundError:
        return CityLog() if (home.postgres / "data").exists() else None
    except (ValueError, TypeError, KeyError) as error:
        raise CityError(
            f"{home.event_log_file} tells where the events of this city are, and cannot be read ({error}); "
            "put it back from a backup."
        ) from error


def keep_log(home: Home, log: CityLog) -> None:
    """Remembers the log on Kafka, for the owner of the home only."""
    write_private(home.event_log_file, json.dumps(asdict(log), indent=2))


def kafka_of(home: Home) -> CityLog | None:
    """The log of a city on Kafka; None when the city is not."""
    log = founded_log(home)
    return log if log is not None and log.is_kafka else None
