"""The catalogue of products."""

from collections.abc import Collection, Sequence
from typing import Any

from runtime.postgres import Connection
from work.domain.catalogue import Product

_LOCK = 7_205_759_501


def become_only_writer(conn: Connection) -> None:
    """Whoever changes the catalogue waits here until the transaction before has ended."""
    conn.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])


def load_products(conn: Connection, codes: Collection[str] | None = None) -> list[Product]:
    """All versions of these products, or of all, by code and first day."""
    rows = conn.execute(
        """
        SELECT product_code, name, complexity_group, standard_units, standard_term_hours, recurring, is_leading,
            valid_from, valid_to
        FROM products WHERE %(all)s OR product_code = ANY(%(codes)s)
        ORDER BY product_code, valid_from
        """,
        {"all": codes is None, "codes": list(codes or ())},
    )
    return [_product(row) for row in rows]


def save_products(conn: Connection, products: Sequence[Product]) -> None:
    """Writes versions of products, replacing those that begin on the same day."""
    with conn.cursor() as cursor:
        cursor.executemany(
            """
            INSERT INTO products (product_code, name, complexity_group, standard_units, standard_term_hours, recurring,
                is_leading, valid_from, valid_to)
            VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)
            ON CONFLICT (product_code, valid_from) DO UPDATE SET
                name = excluded.name, complexity_group = excluded.complexity_group,
                standard_units = excluded.standard_units, standard_term_hours = excluded.standard_term_hours,
                recurring = excluded.recurring, is_leading = excluded.is_leading, valid_to = excluded.valid_to
            """,
            [_row(product) for product in products],
        )


def _row(product: Product) -> tuple[Any, ...]:
    return (
        product.product_code,
        product.name,
        product.complexity_group,
        product.standard_units,
        product.standard_term_hours,
        product.recurring,
        product.leading,
        product.valid_from,
        product.valid_to,
    )


def _product(row: tuple[Any, ...]) -> Product:
    return Product(
        product_code=row[0],
        name=row[1],
        complexity_group=row[2],
        standard_units=row[3],
        standard_term_hours=row[4],
        recurring=row[5],
        leading=row[6],
        valid_from=row[7],
        valid_to=row[8],
    )
