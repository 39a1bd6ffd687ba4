"""A gRPC client for load: unary calls over one connection, of which each costs this process some twenty microseconds.

grpc's own client takes ten times as much, on the cores that the services under load need. Requests and their headers
are bytes that were made before. Answers are told by their streams: a message, or none when the call was refused.
RFC 9113; headers are sent as literals and the server's are not looked into, so that no table of RFC 7541 is kept.
"""

import socket
import struct
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_DATA, _HEADERS, _RESET, _SETTINGS, _PING, _GOAWAY, _WINDOW = 0, 1, 3, 4, 6, 7, 8
_END_STREAM, _ACK, _END_HEADERS = 0x1, 0x1, 0x4
# So much may come without our saying that there is room for more: more than a run brings.
_ROOM = 2**31 - 1 - 65_535
_SETTING_WINDOW, _SETTING_FRAME = 0x4, 0x5
_HEAD = struct.Struct(">BHBBL")


@dataclass(slots=True)
class Call:
    """One call: when it was due, sent and answered (seconds of the clock; 0: not yet), and the answer."""

    officer: str
    due: float
    request: bytes
    sent: float = 0.0
    answered: float = 0.0
    answer: bytes = b""


class Client:
    """Calls one method of a server; not for several threads."""

    def __init__(self, address: str, method: str, token: str) -> None:
        host, _, port = address.rpartition(":")
        self._socket = socket.create_connection((host, int(port)), timeout=10)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._headers = _header_block(
            (":method", "POST"),
            (":scheme", "http"),
            (":path", method),
            (":authority", address),
            ("te", "trailers"),
            ("content-type", "application/grpc"),
            ("grpc-timeout", "30S"),
            ("authorization", f"Bearer {token}"),
        )
        self._calls: dict[int, Call] = {}
        self._next_stream = 1
        self._received = bytearray()
        # What the server takes: of all streams together; each stream takes as much, and a request is one small frame.
        self._window = 65_535
        self._waiting: deque[tuple[int, bytes]] = deque()
        room = struct.pack(">HLHL", _SETTING_WINDOW, 2**31 - 1, _SETTING_FRAME, 2**24 - 1)
        self._socket.sendall(PREFACE + _frame(_SETTINGS, 0, 0, room) + _frame(_WINDOW, 0, 0, struct.pack(">L", _ROOM)))

    def fileno(self) -> int:
        """For `select`: there is something to read."""
        return self._socket.fileno()

    def waiting(self) -> int:
        """How many calls are not answered."""
        return len(self._calls)

    def send(self, call: Call) -> None:
        """Sends the call now."""
        stream, self._next_stream = self._next_stream, self._next_stream + 2
        self._calls[stream] = call
        message = struct.pack(">BL", 0, len(call.request)) + call.request
        call.sent = time.perf_counter()
        self._socket.sendall(_frame(_HEADERS, _END_HEADERS, stream, self._headers) + self._data(stream, message))

    def receive(self) -> None:
        """Takes what has come; answered calls have their answers then. ConnectionError when the server leaves."""
        part = self._socket.recv(1 << 18)
        if not part:
            raise ConnectionError("The server has closed the connection.")
        self._received += part
        begin, now = 0, time.perf_counter()
        while len(self._received) - begin >= 9:
            high, low, kind, flags, stream = _HEAD.unpack_from(self._received, begin)
            end = begin + 9 + (high << 16 | low)
            if len(self._received) < end:
                break
            self._take(kind, flags, stream, bytes(self._received[begin + 9 : end]), now)
            begin = end
        del self._received[:begin]

    def close(self) -> None:
        """Ends the connection."""
        self._socket.close()

    def _take(self, kind: int, flags: int, stream: int, payload: bytes, now: float) -> None:
        if kind == _DATA and stream in self._calls:
            self._calls[stream].answer += payload
        elif kind == _WINDOW and stream == 0:
            self._window += int.from_bytes(payload, "big")
            self._send_waiting()
        elif kind in (_SETTINGS, _PING) and not flags & _ACK:
            self._socket.sendall(_frame(kind, _ACK, 0, payload if kind == _PING else b""))
        elif kind == _GOAWAY:
            raise ConnectionError("The server ends the connection.")
        if stream and (kind == _RESET or (kind in (_DATA, _HEADERS) and flags & _END_STREAM)):
            call = self._calls.pop(stream, None)
            if call is not None:
                call.answered = now
                call.answer = call.answer[5:]

    def _data(self, stream: int, message: bytes) -> bytes:
        """The frame of the message, or nothing yet when the server takes no more."""
        if self._waiting or len(message) > self._window:
            self._waiting.append((stream, message))
            return b""
        self._window -= len(message)
        return _frame(_DATA, _END_STREAM, stream, message)

    def _send_waiting(self) -> None:
        while self._waiting and len(self._waiting[0][1]) <= self._window:
            stream, message = self._waiting.popleft()
            self._window -= len(message)
            self._socket.sendall(_frame(_DATA, _END_STREAM, stream, message))


def _frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    size = len(payload)
    return _HEAD.pack(size >> 16, size & 0xFFFF, kind, flags, stream) + payload


def _header_block(*headers: tuple[str, str]) -> bytes:
    """Literal fields without indexing, names and values as they are (RFC 7541, 6.2.2)."""
    return b"".join(b"\x00" + _text(name) + _text(value) for name, value in headers)


def _text(text: str) -> bytes:
    encoded = text.encode()
    return _length(len(encoded)) + encoded


def _length(size: int) -> bytes:
    """An integer with a prefix of seven bits (RFC 7541, 5.1)."""
    if size < 0x7F:
        return bytes([size])
    octets: list[int] = [0x7F]
    size -= 0x7F
    while size >= 0x80:
        octets.append(size & 0x7F | 0x80)
        size >>= 7
    return bytes([*octets, size])


def is_settled(clients: Sequence[Client]) -> bool:
    """Whether all calls are answered."""
    return not any(client.waiting() for client in clients)
