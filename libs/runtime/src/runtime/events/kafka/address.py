"""Where a city's Kafka is: the URL kafka://host:port[,host:port…][/namespace][?setting=value…]."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from runtime.config import ConfigError
from runtime.events.records import LogUnavailable

_NAMESPACE = re.compile(r"[A-Za-z0-9._-]{1,100}")
_HOST = re.compile(r"[^\s,/@]+:\d{1,5}")


def _boolean(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise ValueError("true or false")
    return text.lower() == "true"


def _integer(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise ValueError("a whole number") from None


def _one_of(*values: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in values:
            raise ValueError(f"one of {', '.join(values)}")
        return text

    return read


# The driver would take any other word for PLAINTEXT.
_PROTOCOLS = ("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL")
# The driver has more, which want objects or packages that a URL cannot give.
_MECHANISMS = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "GSSAPI")

SETTINGS: Mapping[str, Callable[[str], Any]] = MappingProxyType(
    {
        "security_protocol": _one_of(*_PROTOCOLS),
        "sasl_mechanism": _one_of(*_MECHANISMS),
        "sasl_plain_username": str,
        "sasl_plain_password": str,
        "sasl_kerberos_name": str,
        "sasl_kerberos_service_name": str,
        "sasl_kerberos_domain_name": str,
        "ssl_cafile": str,
        "ssl_certfile": str,
        "ssl_keyfile": str,
        "ssl_password": str,
        "ssl_crlfile": str,
        "ssl_check_hostname": _boolean,
        "client_dns_lookup": _one_of("use_all_dns_ips", "resolve_canonical_bootstrap_servers_only"),
        "proxy_url": str,
        "receive_buffer_bytes": _integer,
        "send_buffer_bytes": _integer,
    }
)
"""Settings of the driver that are passed through, by their own names, and how their text is read."""

_FILES = ("ssl_cafile", "ssl_certfile", "ssl_keyfile", "ssl_crlfile")


@dataclass(frozen=True, slots=True, kw_only=True)
class KafkaAddress:
    """Brokers to begin with, the namespace of the topics (may be empty), settings of the driver.

    The text of an address never shows the settings: one of them is a password.
    """

    bootstrap: tuple[str, ...]
    namespace: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @classmethod
    def parse(cls, url: str) -> "KafkaAddress":
        """Reads the URL. Raises ConfigError that names the part that is wrong."""
        parts = urlsplit(url)
        bootstrap = tuple(parts.netloc.split(","))
        for host in bootstrap:
            if not _HOST.fullmatch(host):
                shown = host.rpartition("@")[2]
                raise ConfigError(
                    f"EVENT_LOG_URL names the Kafka broker {shown!r}; write kafka://host:port, several with commas, and"
                    " user and password as settings (sasl_plain_username=…)."
                )
        namespace = parts.path.strip("/")
        if namespace and not _NAMESPACE.fullmatch(namespace):
            raise ConfigError(f"EVENT_LOG_URL has the namespace {namespace!r}; use letters, digits, '.', '_' and '-'.")
        values = dict(parse_qsl(parts.query, keep_blank_values=True))
        return cls(
            bootstrap=bootstrap,
            namespace=namespace,
            settings={name: _read_setting(name, text) for name, text in values.items()},
        )

    def topic(self, name: str) -> str:
        """The topic's name on the broker."""
        return f"{self.namespace}.{name}" if self.namespace else name

    def name_of(self, topic: str) -> str:
        """Our name of a topic on the broker."""
        return topic.removeprefix(f"{self.namespace}.") if self.namespace else topic

    def url(self) -> str:
        """The URL that parses to this address."""
        path = f"/{quote(self.namespace)}" if self.namespace else ""
        values = {
            name: str(value).lower() if value in (True, False) else value for name, value in self.settings.items()
        }
        return f"kafka://{','.join(self.bootstrap)}{path}{'?' + urlencode(values) if values else ''}"

    def check(self) -> None:
        """Raises ConfigError for what the driver would meet with silence: files that are missing, settings unused."""
        protocol = self.settings.get("security_protocol", "PLAINTEXT")
        for name, value in self.settings.items():
            kind = name.partition("_")[0].upper()
            if kind in ("SSL", "SASL") and kind not in protocol.split("_"):
                raise ConfigError(f"Kafka's setting {name} has no effect with security_protocol={protocol}.")
            if name in _FILES and not Path(value).is_file():
                raise ConfigError(f"Kafka's setting {name} names {value}, and there is no such file.")

    def unavailable(self, reason: object) -> LogUnavailable:
        """What is raised when this Kafka does not do what it is asked."""
        told = str(reason) or type(reason).__name__
        return LogUnavailable(
            f"Kafka {self} does not do what it is asked ({told}): see that it runs, and that address, protocol,"
            " certificates and password are right."
        )

    def __str__(self) -> str:
        """For people: without settings."""
        return ",".join(self.bootstrap) + (f" (namespace {self.namespace})" if self.namespace else "")


def _read_setting(name: str, text: str) -> Any:
    if name not in SETTINGS:
        raise ConfigError(f"EVENT_LOG_URL has the setting {name!r}; passed through to Kafka are {', '.join(SETTINGS)}.")
    try:
        return SETTINGS[name](text)
    except ValueError as error:
        raise ConfigError(f"EVENT_LOG_URL has {name}={text!r}; it must be {error}.") from None
