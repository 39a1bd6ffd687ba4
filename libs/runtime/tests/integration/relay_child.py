"""A relay as a process of its own; ends when the outbox is empty or a crash point is met."""

import os
import threading
import time

from runtime.events import open_event_log
from runtime.outbox import Relay
from runtime.postgres import open_pool


def main() -> None:
    pool = open_pool(os.environ["DATABASE_URL"], name="relay")
    stop = threading.Event()
    relay = Relay(pool=pool, log=open_event_log(os.environ["EVENT_LOG_URL"]), batch=7)
    thread = threading.Thread(target=relay.run, args=(stop,))
    thread.start()
    with pool.connection() as conn:
        while conn.execute("SELECT EXISTS (SELECT FROM outbox)").fetchone() == (True,):
            time.sleep(0.02)
    stop.set()
    thread.join()


if __name__ == "__main__":
    main()
