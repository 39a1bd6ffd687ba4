"""Memory of the city's processes, shared pages counted once."""

from collections.abc import Mapping
from pathlib import Path

import psutil

from embedded.processes import ProcessMark, is_alive


def memory_of(mark: ProcessMark) -> int:
    """Proportional set size of the process and all that it started, in bytes; 0 when it is gone."""
    if not is_alive(mark):
        return 0
    try:
        family = psutil.Process(mark.pid).children(recursive=True)
    except psutil.Error:
        return 0
    return sum(_pss(pid) for pid in (mark.pid, *(child.pid for child in family)))


def memory_by_process(marks: Mapping[str, ProcessMark]) -> dict[str, int]:
    """Bytes for each process by name. The supervisor's own children are named themselves."""
    return {name: _pss(mark.pid) if name == "supervisor" else memory_of(mark) for name, mark in marks.items()}


def _pss(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:")), 0)
