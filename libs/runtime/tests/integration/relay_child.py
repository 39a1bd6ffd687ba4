"""A relay as a process of its own; ends when the outbox is empty or a crash point is met, with `stay` never."""

import os
import sys
import threading
import time

from runtime.events import open_event_log
from runtime.outbox import Relay
from runtime.postgres import open_pool


def main(arguments: list[str]) -> None:
    pool = open_pool(os.environ["DATABASE_URL"], name="relay")
    stop = threading.Event()
    silence = float(os.environ.get("SILENCE_SECONDS", "15"))
    log = open_event_log(os.environ["EVENT_LOG_URL"])
    thread = threading.Thread(target=Relay(pool=pool, log=log, batch=7, silence_seconds=silence).run, args=(stop,))
    thread.start()
    with pool.connection() as conn:
        while arguments == ["stay"] or conn.execute("SELECT EXISTS (SELECT FROM outbox)").fetchone() == (True,):
            time.sleep(0.02)
    stop.set()
    thread.join()


if __name__ == "__main__":
    main(sys.argv[1:])
