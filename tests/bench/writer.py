"""Writes many facts onto a log: `python -m bench.writer LOG_URL FIRST_ITEM FACTS`; answers {"facts": …}.

Item after item, from the given number on: several writers at once have items of their own.
"""

import json
import sys
from contextlib import closing
from datetime import UTC, datetime
from itertools import islice

from bench.facts import Town, in_batches
from runtime.events import open_event_log
from working_calendar import load_calendar


def main(url: str, first: int, facts: int) -> None:
    """Writes them, 500 at a time."""
    town = Town(load_calendar(), datetime.now(UTC))
    with closing(open_event_log(url)) as log:
        for batch in in_batches(islice(town.stories(first), facts)):
            log.append(batch)
    print(json.dumps({"facts": facts}))  # noqa: T201 - its answer


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
