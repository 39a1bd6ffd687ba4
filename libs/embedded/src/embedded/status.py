"""What a city is doing, as plain values."""

from itertools import groupby
from typing import Any

from congvu.evaluation.v1 import service_pb2
from embedded.child import is_healthy
from embedded.city_log import kafka_of
from embedded.doors import open_doors
from embedded.home import SERVICES, City, Home, is_supervised, read_city
from embedded.kafka import answers
from embedded.memory import memory_by_process
from embedded.processes import is_alive
from embedded.queries import lag_of
from embedded.render.numbers import instant_text
from runtime.errors import ServiceError


def read_status(home: Home) -> dict[str, Any]:
    """Processes with health, ports, memory (bytes) and restarts, and how far evaluation has read.

    `position` is None while evaluation cannot say; `event_log` names the log and, on Kafka, where it is.
    """
    city = read_city(home)
    supervised = is_supervised(home)
    memory = memory_by_process(city.processes)
    return {
        "home": str(home.root),
        "state": city.state if supervised else "not running",
        "event_log": _event_log(home),
        "processes": [_process(city, name, memory) for name in city.processes],
        "memory": sum(memory.values()),
        "position": _position(home) if supervised and city.state == "running" else None,
    }


def _event_log(home: Home) -> dict[str, Any]:
    """Kafka is asked whether it listens; the embedded log is a database of the city's PostgreSQL."""
    kafka = kafka_of(home)
    if kafka is None:
        return {"engine": "embedded"}
    return {"engine": "kafka", "bootstrap": kafka.bootstrap, "namespace": kafka.namespace, "answers": answers(kafka)}


def _process(city: City, name: str, memory: dict[str, int]) -> dict[str, Any]:
    is_service = name in SERVICES
    return {
        "name": name,
        "health": _health(city, name),
        "pid": city.processes[name].pid,
        "grpc": city.grpc_address(name) if is_service else "",
        "http": city.http_address(name) if is_service else "",
        "memory": memory[name],
        "restarts": city.restarts.get(name, 0),
    }


def _health(city: City, name: str) -> str:
    if not is_alive(city.processes[name]):
        return "gone"
    if name not in SERVICES:
        return "running"
    return "healthy" if is_healthy(city.grpc_address(name)) else "not healthy"


def _position(home: Home) -> dict[str, Any] | None:
    doors = open_doors(home, timeout=5.0)
    try:
        position = doors.evaluation.GetPosition(service_pb2.GetPositionRequest())
    except ServiceError:
        return None
    finally:
        doors.close()
    return {
        "as_of": instant_text(position.as_of),
        "lag": lag_of(position),
        "scores_waiting": position.scores_waiting,
        "items": position.items,
        "open_items": position.open_items,
        "parked": position.parked,
        "topics": _topics(position),
    }


def _topics(position: service_pb2.GetPositionResponse) -> list[dict[str, Any]]:
    ordered = sorted(position.positions, key=lambda each: (each.topic, each.partition))
    return [_topic(topic, list(partitions)) for topic, partitions in groupby(ordered, key=lambda each: each.topic)]


def _topic(topic: str, partitions: list[service_pb2.PartitionPosition]) -> dict[str, Any]:
    oldest = min(partitions, key=lambda each: (each.watermark.seconds, each.watermark.nanos))
    return {
        "topic": topic,
        "partitions": len(partitions),
        "read": sum(each.next_offset for each in partitions),
        "written": sum(each.end_offset for each in partitions),
        "lag": sum(max(0, each.end_offset - each.next_offset) for each in partitions),
        "watermark": instant_text(oldest.watermark) if oldest.watermark.seconds else "",
    }
