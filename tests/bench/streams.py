"""The stream of server-sent events of one open page, over a connection of its own (HTTP/1.1)."""

import asyncio
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from portal.web.context import SESSION_COOKIE

_HEAD_END, _LINE_END, _EVENT_END = b"\r\n\r\n", b"\r\n", b"\n\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """An open page: its kind, the secret of its session, and what it shows as "<view>:<subject>"."""

    kind: str
    secret: str
    watch: Sequence[str]


class Stream(asyncio.Protocol):
    """The stream of one page. `take` gets each event's name and data."""

    def __init__(self, host: str, page: Page, take: Callable[[str, Any], None]) -> None:
        path = f"/live?{urlencode([('watch', one) for one in page.watch])}"
        head = [f"GET {path} HTTP/1.1", f"host: {host}", f"cookie: {SESSION_COOKIE}={page.secret}"]
        self._request = "\r\n".join([*head, "accept: text/event-stream", "", ""]).encode()
        self._take = take
        self._received, self._text = bytearray(), bytearray()
        self._is_open = False
        self._transport: asyncio.BaseTransport | None = None
        self.lost = ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See Protocol."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        """See Protocol."""
        self._received += data
        if not self._is_open and _HEAD_END in self._received:
            head, _, self._received = self._received.partition(_HEAD_END)
            self._is_open = b" 200 " in head.split(_LINE_END)[0]
            if not self._is_open:
                self.lost = head.split(_LINE_END)[0].decode()
        if self._is_open:
            self._take_chunks()
            self._take_events()

    def connection_lost(self, error: Exception | None) -> None:
        """See Protocol."""
        self.lost = self.lost or str(error or "The portal closed the stream.")

    def close(self) -> None:
        """The page is left."""
        if self._transport is not None:
            self._transport.close()

    def _take_chunks(self) -> None:
        begin = 0
        while (line := self._received.find(_LINE_END, begin)) >= 0:
            end = line + 2 + int(self._received[begin:line], 16)
            if len(self._received) < end + 2:
                break
            self._text += self._received[line + 2 : end]
            begin = end + 2
        del self._received[:begin]

    def _take_events(self) -> None:
        *events, rest = self._text.split(_EVENT_END)
        self._text = rest
        for event in events:
            name, _, data = event.decode().partition("\ndata: ")
            if data:
                self._take(name.removeprefix("event: "), json.loads(data))
