"""What runs have found, row by row, in a file: a run that was broken off goes on where it was."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bench.rows import Bound, Figure, Found, Row, Stage
from bench.sizes import Sizes

FOLDER = Path(__file__).resolve().parents[2] / "build" / "bench"


class Kept:
    """Findings of one set of sizes, by engine and row; another set of sizes has another file."""

    def __init__(self, sizes: Sizes) -> None:
        mark = "-".join(str(each) for each in asdict(sizes).values())
        self._file = FOLDER / f"{mark}.json"
        self._found: dict[str, Any] = json.loads(self._file.read_text()) if self._file.exists() else {}

    def get(self, engine: str, key: str) -> Found | None:
        """What was found last, unless it failed."""
        found = self._found.get(f"{engine}/{key}")
        return None if found is None or found["failure"] else _read(found)

    def put(self, engine: str, found: Found) -> None:
        """Keeps it in place of what was found before."""
        self._found[f"{engine}/{found.key}"] = asdict(found)
        FOLDER.mkdir(parents=True, exist_ok=True)
        self._file.write_text(json.dumps(self._found, indent=1))


def _read(found: Mapping[str, Any]) -> Found:
    rows = [_read_row(row) for row in found["rows"]]
    stages = [Stage(**stage) for stage in found["stages"]]
    return Found(**{**found, "rows": rows, "stages": stages})


def _read_row(row: Mapping[str, Any]) -> Row:
    reference, aim, least = row["reference"], row["aim"], row["least"]
    return Row(
        name=row["name"],
        figure=Figure(*row["figure"]),
        meaning=row["meaning"],
        compared_with=row["compared_with"],
        reference=Figure(*reference) if reference else None,
        aim=Bound(**aim) if aim else None,
        least=Bound(**least) if least else None,
    )
