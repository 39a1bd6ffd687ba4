"""Fresh databases, cheaply: the migrations run once per session, into a template that is then copied."""

from collections.abc import Sequence
from pathlib import Path
from uuid import uuid4

import psycopg
from psycopg import sql

from embedded.servers import PostgresServer
from runtime.postgres import migrate


class Databases:
    """Makes and drops databases on one server."""

    def __init__(self, server: PostgresServer) -> None:
        self._server = server
        self._templates: dict[tuple[Path, ...], str] = {}

    def make(self, migrations: Sequence[Path]) -> str:
        """Name of a fresh database, migrated when `migrations` names directories (runtime's come first)."""
        name = f"test_{uuid4().hex[:12]}"
        self._create(name, self._template(tuple(migrations)))
        return name

    def url(self, name: str) -> str:
        """Connection URL of a database."""
        return self._server.url(name)

    def drop(self, name: str) -> None:
        """Removes the database and cuts who still uses it."""
        self._execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def _template(self, migrations: tuple[Path, ...]) -> str:
        if not migrations:
            return "template1"
        if migrations not in self._templates:
            name = f"template_{uuid4().hex[:12]}"
            self._create(name, "template1")
            migrate(self._server.url(name), migrations)
            self._templates[migrations] = name
        return self._templates[migrations]

    def _create(self, name: str, template: str) -> None:
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        self._execute(statement.format(sql.Identifier(name), sql.Identifier(template)))

    def _execute(self, statement: sql.Composed) -> None:
        with psycopg.connect(self._server.url("postgres"), autocommit=True) as conn:
            conn.execute(statement)
