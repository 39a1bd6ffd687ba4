"""Habits of the code base that a linter does not see."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WITH_DATA = ("organization", "work", "evaluation")
SERVICES = (*WITH_DATA, "portal")


def tracked(pattern: str) -> list[Path]:
    """The files of the project by a git pattern."""
    listed = subprocess.run(["git", "ls-files", pattern], cwd=ROOT, capture_output=True, text=True, check=True)
    return [ROOT / line for line in listed.stdout.splitlines() if (ROOT / line).exists()]


@pytest.fixture(autouse=True)
def _in_a_checkout() -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout: the files of the project are not known")


def test_no_python_file_outgrows_400_lines() -> None:
    long = {str(file): lines for file in tracked("*.py") if (lines := len(file.read_text().splitlines())) > 400}
    assert long == {}


def test_no_file_records_the_address_of_a_package_registry() -> None:
    locks = [*tracked("requirements.lock"), *tracked("package-lock.json")]
    assert locks
    for lock in locks:
        assert not re.search(r'"resolved"\s*:\s*"http|--index-url|--find-links', lock.read_text())


@pytest.mark.parametrize("service", SERVICES)
def test_all_services_have_one_shape(service: str) -> None:
    source = ROOT / "services" / service / "src" / service
    of_data = ("rpc", "events", "domain", "migrations") if service in WITH_DATA else ("web", "clients")
    for part in ("main", "config", "usecases", "store", *of_data):
        assert (source / part).is_dir() or (source / f"{part}.py").is_file(), f"{service} lacks {part}"


@pytest.mark.parametrize("service", SERVICES)
def test_only_config_reads_the_environment(service: str) -> None:
    source = ROOT / "services" / service / "src"
    reading = [file for file in source.rglob("*.py") if "os.environ" in file.read_text() and file.name != "config.py"]
    assert reading == []


def test_every_decision_is_in_the_list() -> None:
    pages = {page.name for page in (ROOT / "docs/adr").glob("0*.md")}
    assert pages == set(re.findall(r"\]\((0.*?\.md)\)", (ROOT / "docs/adr/README.md").read_text()))
