"""Getting Apache Kafka's jars: what hinders it is one sentence, and what was there stays."""

from collections.abc import Callable
from pathlib import Path

import pytest

from embedded.servers import ServerError
from testkit.kafka_jars import READY, are_current, get_jars, java_problem, kafka_version, why_not

JAVA = "echo 'openjdk version \"{version}\" 2021-10-19' >&2"
# Writes a jar where it is told to, as the plugin does.
MAVEN = """
for argument; do case $argument in -DoutputDirectory=*) folder=${argument#-DoutputDirectory=};; esac; done
/bin/mkdir -p "$folder"; echo jar > "$folder/kafka-clients-4.9.9.jar"
"""


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], None]:
    """Puts a shell script of that name on a path that has nothing else."""
    directory = tmp_path / "bin"
    directory.mkdir()
    monkeypatch.setenv("PATH", str(directory))
    monkeypatch.delenv("JAVA_HOME", raising=False)

    def put(name: str, text: str) -> None:
        (directory / name).write_text(f"#!/bin/sh\n{text}\n")
        (directory / name).chmod(0o755)

    return put


@pytest.fixture
def jars(tmp_path: Path) -> Path:
    return tmp_path / "kafka" / "jars"


@pytest.mark.parametrize(
    ("version", "problem"),
    [
        ("1.8.0_302", "Java 8 is too old: Kafka needs 17 or newer"),
        ("11.0.2", "Java 11 is too old: Kafka needs 17 or newer"),
        ("17.0.15", ""),
        ("25", ""),
    ],
)
def test_java_17_and_newer_will_do(program: Callable[[str, str], None], version: str, problem: str) -> None:
    program("java", JAVA.format(version=version))
    assert java_problem() == problem


@pytest.mark.usefixtures("program")
def test_no_java_is_said(jars: Path) -> None:
    assert java_problem() == "there is no Java 17 or newer: no `java`"
    with pytest.raises(ServerError, match=r"there is no Java 17 .* Set JAVA_HOME, or use one by KAFKA_BOOTSTRAP\."):
        get_jars(jars)


def test_no_maven_is_said(program: Callable[[str, str], None], jars: Path) -> None:
    program("java", JAVA.format(version="21"))
    with pytest.raises(ServerError, match="there is no `mvn`: install Maven"):
        get_jars(jars)


def test_they_come_whole_and_replace_others(program: Callable[[str, str], None], jars: Path) -> None:
    program("java", JAVA.format(version="21"))
    program("mvn", MAVEN)
    jars.mkdir(parents=True)
    (jars / "kafka-clients-3.0.0.jar").touch()
    assert not are_current(jars)
    assert "are not in" in why_not(jars)
    get_jars(jars)
    assert sorted(file.name for file in jars.iterdir()) == [READY, "kafka-clients-4.9.9.jar"]
    assert are_current(jars)
    assert kafka_version(jars) == "4.9.9"
    assert why_not(jars) == ""


def test_what_maven_says_is_told_and_the_old_ones_stay(program: Callable[[str, str], None], jars: Path) -> None:
    program("java", JAVA.format(version="21"))
    program("mvn", MAVEN)
    get_jars(jars)
    program("mvn", 'echo "[ERROR] Could not resolve org.apache.kafka:kafka_2.13"; echo "[ERROR] more"; exit 1')
    with pytest.raises(ServerError, match=r"Maven could not get .*: Could not resolve org\.apache\.kafka:kafka_2\.13$"):
        get_jars(jars)
    assert kafka_version(jars) == "4.9.9"
    assert [file.name for file in jars.parent.iterdir()] == ["jars"]
