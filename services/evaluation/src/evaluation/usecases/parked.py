"""What waits for people: parked records, and subjects of work that organization does not know."""

from evaluation.store import parked as store
from evaluation.store import scores as score_store
from runtime.errors import InvalidInput
from runtime.postgres import Pool


def list_parked(
    pool: Pool, *, after: str, limit: int
) -> tuple[list[store.ParkedRow], list[tuple[str, bool, int, str]], str]:
    """A page of parked records, on the first page the unknown subjects, and the next token ("partition:offset")."""
    partition, _, offset = (after or "-1:-1").partition(":")
    try:
        place = int(partition), int(offset)
    except ValueError:
        raise InvalidInput(
            f'"{after}" is no page token; take the one of the page before.', field="page_token"
        ) from None
    with pool.connection() as conn:
        rows = store.list_parked(conn, after=place, limit=limit)
        unknown = [] if after else score_store.unknown_subjects(conn)
    token = f"{rows[-1].partition}:{rows[-1].offset}" if len(rows) == limit else ""
    return rows, unknown, token
