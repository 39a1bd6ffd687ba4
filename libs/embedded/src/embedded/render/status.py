"""The state of a city: processes, health, ports, memory, positions."""

from collections.abc import Iterable, Mapping
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from embedded.render.numbers import size_text
from embedded.render.scores import empty_table

HEALTH_STYLES = {"healthy": "green", "running": "green", "not healthy": "red", "gone": "red"}


def print_status(console: Console, status: Mapping[str, Any]) -> None:
    """The status as tables; its form is that of `embedded.status.read_status`."""
    console.print(f"City at {status['home']}: {status['state']}")
    console.print(f"Event log: {event_log_text(status['event_log'])}")
    console.print(processes_table(status["processes"]))
    console.print(f"Memory together: {size_text(status['memory'])}")
    position = status["position"]
    if position is None:
        return
    console.print()
    console.print(positions_table(position["topics"]))
    console.print(
        f"As of {position['as_of']}; {position['items']:,} items, {position['open_items']:,} open, "
        f"{position['parked']:,} parked; {position['scores_waiting']:,} scores wait to be computed."
    )


def event_log_text(log: Mapping[str, Any]) -> str:
    """The event log in words; of Kafka its brokers and the namespace, and whether any of them listens."""
    if log["engine"] == "embedded":
        return "embedded, in the city's PostgreSQL"
    where = f"Apache Kafka at {log['bootstrap']}" + (f", namespace {log['namespace']}" if log["namespace"] else "")
    if log["answers"]:
        return where
    return f"{where}, which does not answer; what is said meanwhile waits in the services' databases"


def processes_table(processes: Iterable[Mapping[str, Any]]) -> Table:
    """One row for each process."""
    table = empty_table()
    for name in ("Process", "Health", "gRPC", "HTTP"):
        table.add_column(name)
    for name in ("Id", "Memory", "Restarts"):
        table.add_column(name, justify="right")
    for each in processes:
        health = Text(each["health"], HEALTH_STYLES.get(each["health"], "yellow"))
        row = (each["name"], health, each["grpc"] or "–", each["http"] or "–")
        table.add_row(*row, str(each["pid"] or "–"), size_text(each["memory"]), str(each["restarts"]))
    return table


def positions_table(topics: Iterable[Mapping[str, Any]]) -> Table:
    """One row for each topic that evaluation reads."""
    table = empty_table()
    table.add_column("Topic")
    for name in ("Partitions", "Read", "Written", "Lag"):
        table.add_column(name, justify="right")
    table.add_column("Complete up to")
    for each in topics:
        numbers = (f"{each[key]:,}" for key in ("partitions", "read", "written", "lag"))
        table.add_row(each["topic"], *numbers, each["watermark"] or "–")
    return table
