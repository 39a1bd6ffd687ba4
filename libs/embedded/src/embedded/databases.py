"""The databases of the city's one PostgreSQL, each service with a role of its own."""

from typing import Protocol
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from embedded.home import WITH_DATA

EVENT_LOG = "event_log"


class DatabaseServer(Protocol):
    """What is needed of PostgreSQL. It trusts whoever may open its socket, so roles have no passwords."""

    def url(self, database: str) -> str:
        """The superuser's address of a database."""

    def create_database(self, name: str) -> str:
        """Creates the database unless it is there."""


def prepare_databases(server: DatabaseServer) -> dict[str, str]:
    """Makes the services' databases and roles where they are missing; returns the addresses by service.

    A service may connect to its own database and to no other.
    """
    for service in WITH_DATA:
        server.create_database(service)
    with _superuser(server) as conn:
        for service in WITH_DATA:
            _create_role(conn, service, login=True)
            _own_database(conn, service)
    return {service: with_role(server.url(service), service) for service in WITH_DATA}


def prepare_event_log(server: DatabaseServer) -> dict[str, str]:
    """The same for the embedded event log; returns its addresses by "<service>.event_log".

    Every service may connect to it and acts there as the role `event_log`. The services' roles are there.
    """
    server.create_database(EVENT_LOG)
    with _superuser(server) as conn:
        _create_role(conn, EVENT_LOG, login=False)
        _own_database(conn, EVENT_LOG)
        for service in WITH_DATA:
            _act_as(conn, service, EVENT_LOG, database=EVENT_LOG)
    log = server.url(EVENT_LOG)
    return {f"{service}.{EVENT_LOG}": with_role(log, service) for service in WITH_DATA}


def with_role(url: str, role: str) -> str:
    """The same address for another role."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{role}@{host}"))


def _superuser(server: DatabaseServer) -> psycopg.Connection:
    return psycopg.connect(server.url("postgres"), autocommit=True)


def _create_role(conn: psycopg.Connection, role: str, *, login: bool) -> None:
    if conn.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (role,)).fetchone() is None:
        kind = sql.SQL("LOGIN" if login else "NOLOGIN")
        conn.execute(sql.SQL("CREATE ROLE {} {}").format(sql.Identifier(role), kind))


def _act_as(conn: psycopg.Connection, role: str, other: str, *, database: str) -> None:
    """In this database the role takes on the other at connecting, so that whoever comes first makes tables for all."""
    conn.execute(sql.SQL("GRANT {} TO {}").format(sql.Identifier(other), sql.Identifier(role)))
    names = [sql.Identifier(name) for name in (role, database, other)]
    conn.execute(sql.SQL("ALTER ROLE {} IN DATABASE {} SET role = {}").format(*names))


def _own_database(conn: psycopg.Connection, name: str) -> None:
    """The role of the database's name owns it, and PUBLIC, which may enter a new database, no longer may."""
    conn.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(sql.Identifier(name)))
    conn.execute(sql.SQL("ALTER DATABASE {0} OWNER TO {0}").format(sql.Identifier(name)))
