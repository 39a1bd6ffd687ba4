"""On what a run was made."""

import os
import platform
from pathlib import Path

import psutil
import redis

from bench.lab import Lab


def describe_machine(lab: Lab) -> list[str]:
    """Processor, memory, kernel and versions, a line each."""
    with lab.session(lab.postgres.url("postgres")) as conn:
        row = conn.execute("SHOW server_version").fetchone()
    with redis.Redis.from_url(lab.redis.url) as cache:
        redis_version = cache.info("server")["redis_version"]
    return [
        f"{os.cpu_count()} cores, {_processor()}, {psutil.virtual_memory().total / 2**30:.0f} GiB of memory",
        f"{platform.system()} {platform.release()}",
        f"Python {platform.python_version()}, PostgreSQL {row[0] if row else '?'} (fsync on), Redis {redis_version}",
    ]


def describe_load() -> str:
    """The load averages, as `uptime` gives them."""
    return "load average " + ", ".join(f"{each:.2f}" for each in os.getloadavg())


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()
