"""The bundles that set-up has built, by addresses that change with their content."""

from functools import cache
from hashlib import blake2b
from pathlib import Path

from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from runtime.config import ConfigError

BUILT = Path(__file__).parents[1] / "assets" / "dist"


class Assets(StaticFiles):
    """Files of `assets/dist`; browsers keep them for good, as their addresses change with them."""

    def __init__(self) -> None:
        if not (BUILT / "app.js").exists():
            raise ConfigError(f"There are no bundles in {BUILT}; run `make setup`, which builds them.")
        super().__init__(directory=BUILT)

    async def get_response(self, path: str, scope: Scope):  # type: ignore[no-untyped-def]
        """See StaticFiles."""
        response = await super().get_response(path, scope)
        response.headers["cache-control"] = "public, max-age=31536000, immutable"
        return response


@cache
def asset_url(name: str) -> str:
    """The address of a bundle."""
    return f"/static/{name}?v={blake2b((BUILT / name).read_bytes(), digest_size=8).hexdigest()}"
