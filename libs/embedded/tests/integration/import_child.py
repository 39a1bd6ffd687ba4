"""Imports a log in a process of its own and prints its peak of memory: before, after (bytes), facts sent."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from embedded.importer.command import import_log
from embedded.importer.door import Outcome
from embedded.importer.facts import Event
from embedded.importer.messages import to_work_event
from embedded.importer.people import Organization


class ForgettingDoor:
    """Writes every message as the real door does, and forgets it."""

    def put_organization(self, organization: Organization) -> int:
        return len(organization.officers)

    def record_events(self, events: Sequence[Event]) -> Outcome:
        return Outcome(accepted=sum(to_work_event(event).ByteSize() > 0 for event in events), repeated=0)


class Silent:
    def advance(self, steps: int) -> None:
        pass

    @contextmanager
    def stage(self, name: str, total: int) -> Iterator["Silent"]:
        yield self


def peak() -> int:
    """Highest resident memory of this program, in bytes; getrusage would tell that inherited from the parent."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) * 1024


if __name__ == "__main__":
    before = peak()
    report = import_log(
        file=Path(sys.argv[1]), mapping=Path(sys.argv[2]), dry_run=False, door=ForgettingDoor(), progress=Silent()
    )
    sys.stdout.write(f"{before} {peak()} {report.accepted}\n")
