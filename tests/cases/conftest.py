"""Puts `tests` on the path, so that `oracle` and `cases` are packages however pytest is started."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
