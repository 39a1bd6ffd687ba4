"""The catalogue of products (Decree 335/2025, Article 13)."""

from collections.abc import Sequence

from runtime.errors import InvalidInput
from runtime.postgres import Connection
from work.domain.catalogue import Product, check_periods, check_products
from work.store.catalogue import become_only_writer, load_products, save_products
from work.usecases.desk import Desk

MOST_PRODUCTS = 5_000


def put_products(desk: Desk, products: Sequence[Product]) -> int:
    """Makes each version of a product what is given; returns how many were new or different."""
    with desk.pool.connection() as conn, conn.transaction():
        return keep_products(conn, products)


def keep_products(conn: Connection, products: Sequence[Product]) -> int:
    """The same in the caller's transaction, which is the catalogue's only writer from then on."""
    if len(products) > MOST_PRODUCTS:
        raise InvalidInput(f"Send at most {MOST_PRODUCTS} products at once.", field="products")
    check_products(products)
    wanted = {(product.product_code, product.valid_from): product for product in products}
    if len(wanted) < len(products):
        raise InvalidInput("A product is in the batch twice from the same day: send each once.", field="products")
    become_only_writer(conn)
    codes = {product.product_code for product in products}
    known = {(product.product_code, product.valid_from): product for product in load_products(conn, codes)}
    check_periods((known | wanted).values())
    changed = [product for place, product in wanted.items() if known.get(place) != product]
    save_products(conn, changed)
    return len(changed)


def list_products(desk: Desk) -> list[Product]:
    """All versions of all products, by code and first day."""
    with desk.pool.connection() as conn:
        return load_products(conn)
