"""Opens event logs: what kind they are shows in their first bytes, not in their name."""

import codecs
import gzip
import io
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal, cast

from runtime.errors import InvalidInput

GZIP_MAGIC = b"\x1f\x8b"
CHUNK = 1 << 16


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenLog:
    """An event log to read once, from its beginning; gzip is undone."""

    file: Path
    kind: Literal["csv", "xes"]
    stream: IO[bytes]


class _Counted(io.RawIOBase):
    """A file that tells how many of its bytes were read."""

    def __init__(self, raw: IO[bytes], advance: Callable[[int], None]) -> None:
        self._raw = raw
        self._advance = advance

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "bytearray | memoryview") -> int:  # type: ignore[override]
        data = self._raw.read(len(buffer))
        buffer[: len(data)] = data
        self._advance(len(data))
        return len(data)


@contextmanager
def open_log(file: Path, advance: Callable[[int], None]) -> Iterator[OpenLog]:
    """Opens a CSV or XES file, gzip'ed or not; `advance` is told the bytes read of the file as it lies on disk.

    Raises InvalidInput for a file that cannot be read, that is empty, or whose gzip is broken (also while it is read).
    """
    try:
        with file.open("rb") as raw:
            packed = raw.read(2) == GZIP_MAGIC
            raw.seek(0)
            counted = io.BufferedReader(_Counted(raw, advance), CHUNK)
            # GzipFile reads, seeks and closes like a raw file, but is not declared one.
            stream = cast(io.BufferedIOBase, gzip.GzipFile(fileobj=counted)) if packed else counted
            yield _look_into(file, io.BufferedReader(cast(io.RawIOBase, stream), CHUNK))
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise InvalidInput(f"{file}: the gzip file is broken or incomplete ({error}); fetch it again.") from error
    except OSError as error:
        raise InvalidInput(f"Cannot read {file}: {error.strerror or error}.") from error


def size_of(file: Path) -> int:
    """Bytes of the file as it lies on disk. Raises InvalidInput when it is not there."""
    try:
        return file.stat().st_size
    except OSError as error:
        raise InvalidInput(f"Cannot read {file}: {error.strerror}.") from error


def find_undecodable(stream: IO[bytes], encoding: str) -> tuple[int, int] | None:
    """The first byte that is not of the encoding, as its place from 0 and its line from 1; None when there is none."""
    decoder = codecs.getincrementaldecoder(encoding)()
    before, line = 0, 1
    while True:
        chunk = stream.read(CHUNK)
        waiting = len(decoder.getstate()[0])
        try:
            decoder.decode(chunk, final=not chunk)
        except UnicodeDecodeError as error:
            inside = max(error.start - waiting, 0)
            return before + error.start - waiting, line + chunk[:inside].count(b"\n")
        if not chunk:
            return None
        before, line = before + len(chunk), line + chunk.count(b"\n")


def _look_into(file: Path, stream: io.BufferedReader) -> OpenLog:
    start = stream.peek(CHUNK)[:CHUNK]
    if not start:
        raise InvalidInput(f"{file} is empty.")
    is_xml = start.removeprefix(codecs.BOM_UTF8).lstrip().startswith(b"<")
    return OpenLog(file=file, kind="xes" if is_xml else "csv", stream=stream)
