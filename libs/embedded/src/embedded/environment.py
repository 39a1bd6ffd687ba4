"""What each service of the city is told by its environment."""

import os
import sys
from collections.abc import Mapping

from embedded.city_log import kafka_of
from embedded.home import SERVICES, WITH_DATA, City, Home


def service_command(service: str, verb: str, *arguments: str) -> list[str]:
    """The command line of a service's verb."""
    return [sys.executable, "-m", f"{service}.main", verb, *arguments]


def service_environment(home: Home, city: City, service: str) -> Mapping[str, str]:
    """The whole environment of a service's process, with the addresses of the others.

    Which log it is, a service knows by EVENT_LOG_URL alone: what the city was told of Kafka is not handed on.
    """
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("KAFKA_")}
    addresses = {f"{other.upper()}_ADDRESS": city.grpc_address(other) for other in SERVICES}
    return {
        **inherited,
        **addresses,
        **(_data_environment(home, city, service) if service in WITH_DATA else {}),
        "REDIS_URL": city.urls["redis"],
        "GRPC_ADDRESS": city.grpc_address(service),
        "HTTP_ADDRESS": city.http_address(service),
        "TOKEN_PUBLIC_KEY": str(home.public_key),
        "TOKEN_PRIVATE_KEY": str(home.private_key),
    }


def _data_environment(home: Home, city: City, service: str) -> Mapping[str, str]:
    kafka = kafka_of(home)
    return {
        "DATABASE_URL": city.urls[service],
        "EVENT_LOG_URL": kafka.url(os.environ) if kafka else city.urls[f"{service}.event_log"],
    }
