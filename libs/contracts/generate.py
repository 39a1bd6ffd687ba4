"""Generates the Python of every contract in proto/ into libs/contracts/src; run by `make setup`."""

import shutil
import sys
from importlib import resources
from pathlib import Path

from grpc_tools import protoc

ROOT = Path(__file__).resolve().parents[2]
OUTPUT = ROOT / "libs/contracts/src"


def generate() -> int:
    """Rewrites the whole output folder; returns protoc's exit code."""
    shutil.rmtree(OUTPUT, ignore_errors=True)
    OUTPUT.mkdir(parents=True)
    files = sorted(str(path.relative_to(ROOT / "proto")) for path in (ROOT / "proto").rglob("*.proto"))
    well_known = resources.files("grpc_tools") / "_proto"
    plugins = Path(sys.executable).parent
    return protoc.main(
        [
            "protoc",
            f"-I{ROOT / 'proto'}",
            f"-I{well_known}",
            f"--plugin=protoc-gen-mypy={plugins / 'protoc-gen-mypy'}",
            f"--plugin=protoc-gen-mypy_grpc={plugins / 'protoc-gen-mypy_grpc'}",
            f"--python_out={OUTPUT}",
            f"--mypy_out=quiet:{OUTPUT}",
            f"--grpc_python_out={OUTPUT}",
            f"--mypy_grpc_out=quiet:{OUTPUT}",
            *files,
        ]
    )


def make_packages() -> None:
    """Gives every generated folder an __init__.py and marks the whole as typed."""
    for folder in [OUTPUT / "congvu", *(path for path in (OUTPUT / "congvu").rglob("*") if path.is_dir())]:
        (folder / "__init__.py").touch()
    (OUTPUT / "congvu/py.typed").touch()


if __name__ == "__main__":
    code = generate()
    if code == 0:
        make_packages()
    sys.exit(code)
