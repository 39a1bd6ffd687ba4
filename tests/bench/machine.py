"""On what a run was made, and with what."""

import os
import platform
import subprocess
from importlib.metadata import version
from pathlib import Path

import psutil
import redis

from bench.lab import Lab
from testkit.kafka_jars import java_command, kafka_version


def describe_machine(lab: Lab) -> list[str]:
    """Processor, memory, kernel and versions, a line each."""
    with lab.session(lab.postgres.url("postgres")) as conn:
        row = conn.execute("SHOW server_version").fetchone()
    with redis.Redis.from_url(lab.redis.url) as cache:
        redis_version = cache.info("server")["redis_version"]
    broker = "the one of KAFKA_BOOTSTRAP" if os.environ.get("KAFKA_BOOTSTRAP") else kafka_version()
    return [
        f"{os.cpu_count()} cores, {_processor()}, {psutil.virtual_memory().total / 2**30:.0f} GiB of memory",
        f"{platform.system()} {platform.release()}",
        f"Python {platform.python_version()}, PostgreSQL {row[0] if row else '?'} (fsync on), Redis {redis_version}",
        f"Apache Kafka: {broker}, {_java()}; kafka-python {version('kafka-python')}, crc32c {version('crc32c')}",
    ]


def describe_load() -> str:
    """The load averages, as `uptime` gives them."""
    return "load average " + ", ".join(f"{each:.2f}" for each in os.getloadavg())


def describe_commit() -> str:
    """The commit of the code, and whether something was changed since."""
    described = _git("rev-parse", "--short", "HEAD")
    return described + (" with changes" if described and _git("status", "--porcelain", "-uno") else "")


def _git(*words: str) -> str:
    command = ["git", "-C", str(Path(__file__).parent), *words]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


def _java() -> str:
    try:
        told = subprocess.run([java_command(), "-version"], capture_output=True, text=True, check=False)
    except OSError:
        return "no Java"
    return "Java " + told.stderr.partition('version "')[2].partition('"')[0]


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()
