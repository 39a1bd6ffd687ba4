"""What waits for people: parked records, unknown subjects, items without an assignment."""

from dataclasses import dataclass

from evaluation.store import parked as store
from evaluation.store import scores as score_store
from runtime.errors import InvalidInput
from runtime.postgres import Pool

_UNASSIGNED = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A page of parked records with the next token ("partition:offset"); on the first page what else waits."""

    records: list[store.ParkedRow]
    unknown_subjects: list[tuple[str, bool, int, str]]
    unassigned: list[str]
    token: str


def list_parked(pool: Pool, *, after: str, limit: int) -> Waiting:
    """What waits for people, after the record that the token names."""
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
        unassigned = [] if after else store.unassigned_items(conn, limit=_UNASSIGNED)
    token = f"{rows[-1].partition}:{rows[-1].offset}" if len(rows) == limit else ""
    return Waiting(records=rows, unknown_subjects=unknown, unassigned=unassigned, token=token)
