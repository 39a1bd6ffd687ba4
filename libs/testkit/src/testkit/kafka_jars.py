"""Apache Kafka's jars, from Maven Central, and the Java that runs them."""

import os
import pwd
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path

from embedded.servers import ServerError

OLDEST_JAVA = 17
PROJECT = Path(__file__).parents[4]
POM = PROJECT / "libs" / "testkit" / "pom.xml"
JARS = PROJECT / ".kafka" / "jars"
"""Where `make` puts them; the folder has them all when READY is in it."""
READY = ".ready"


def why_not(jars: Path = JARS) -> str:
    """Why no Kafka can run here, as part of a sentence; empty when one can."""
    if problem := java_problem():
        return problem
    return "" if (jars / READY).exists() else f"the jars of Apache Kafka are not in {jars} (run `make kafka` once)"


def java_problem() -> str:
    """Why this machine's Java does not do, as part of a sentence; empty when it does."""
    java = shutil.which(java_command())
    if java is None:
        return f"there is no Java {OLDEST_JAVA} or newer: no `{java_command()}`"
    version = _java_version(java)
    if version is None:
        return f"`{java} -version` does not tell its version"
    return "" if version >= OLDEST_JAVA else f"Java {version} is too old: Kafka needs {OLDEST_JAVA} or newer"


@cache
def _java_version(java: str) -> int | None:
    told = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
    found = re.search(r'version "(?:1\.)?(\d+)', told)
    return int(found[1]) if found else None


def java_command() -> str:
    """Java of JAVA_HOME where that is set, otherwise of the path."""
    home = os.environ.get("JAVA_HOME", "")
    return str(Path(home) / "bin" / "java") if home else "java"


def kafka_version(jars: Path = JARS) -> str:
    """As the jar's name tells."""
    return next((jar.stem.removeprefix("kafka-clients-") for jar in jars.glob("kafka-clients-*.jar")), "")


def are_current(jars: Path = JARS) -> bool:
    """Whether the jars are those of the pom as it is now."""
    ready = jars / READY
    return ready.exists() and ready.read_bytes() == POM.read_bytes()


def check_tools() -> None:
    """Raises ServerError when Java or Maven is missing."""
    if problem := java_problem():
        raise ServerError(f"Apache Kafka cannot run here: {problem}. Set JAVA_HOME, or use one by KAFKA_BOOTSTRAP.")
    if not shutil.which("mvn"):
        raise ServerError("Apache Kafka's jars come by Maven, and there is no `mvn`: install Maven.")


def get_jars(jars: Path = JARS) -> None:
    """Copies the jars that the pom names, in place of others. Raises ServerError without Java, Maven or a jar."""
    check_tools()
    new = jars.with_name(f"{jars.name}.{os.getpid()}")
    shutil.rmtree(new, ignore_errors=True)
    goal = ["dependency:copy-dependencies", f"-DoutputDirectory={new.absolute()}"]
    done = subprocess.run(
        ["mvn", "-B", "-q", *_repository(jars.parent), "-f", str(POM), *goal],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        shutil.rmtree(new, ignore_errors=True)
        raise ServerError(f"Maven could not get Apache Kafka's jars: {_first_error(done.stdout + done.stderr)}")
    shutil.copy(POM, new / READY)
    shutil.rmtree(jars, ignore_errors=True)
    new.rename(jars)


def _repository(folder: Path) -> list[str]:
    """Maven keeps what it downloads in the home of the account; where that cannot be written, in this folder."""
    home = Path(pwd.getpwuid(os.geteuid()).pw_dir) if _has_account() else Path("/nonexistent")
    kept = next((place for place in (home / ".m2", home) if place.exists()), None)
    return [] if kept and os.access(kept, os.W_OK) else [f"-Dmaven.repo.local={(folder / 'maven').absolute()}"]


def _has_account() -> bool:
    return any(entry.pw_uid == os.geteuid() for entry in pwd.getpwall())


def _first_error(told: str) -> str:
    lines = [line.removeprefix("[ERROR]").strip() for line in told.splitlines() if "[ERROR]" in line]
    return lines[0] if lines else told.strip() or "it does not say why."
