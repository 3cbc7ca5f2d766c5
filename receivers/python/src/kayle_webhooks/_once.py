"""Handling each event once.

Who marks an event before handling it loses it in a crash; who marks it afterwards handles it twice.
So one method owns both.
"""

import threading
import warnings
from typing import Any, Callable, Dict, Literal, Protocol, TypeVar

Outcome = Literal["handled", "repeated"]


class _Cursor(Protocol):
    @property
    def rowcount(self) -> int: ...

    def execute(self, sql: str, parameters: Any, /) -> Any: ...


class _Connection(Protocol):
    def cursor(self) -> Any: ...

    def commit(self) -> Any: ...

    def rollback(self) -> Any: ...


Connection = TypeVar("Connection", bound=_Connection)


class SqlOnce:
    """Inserts the event's id and does the work in one transaction of a DB-API connection; the
    table's unique constraint decides between simultaneous repeats.

        CREATE TABLE kayle_events (event_id text PRIMARY KEY,
                                   handled_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP)

    Delete rows that are older than 30 days. `placeholder` is the driver's: `?` (sqlite3) or `%s`
    (psycopg).
    """

    def __init__(self, *, table: str = "kayle_events", placeholder: str = "?") -> None:
        self._insert = (
            f"INSERT INTO {table} (event_id) VALUES ({placeholder}) ON CONFLICT DO NOTHING"
        )

    def run(
        self, connection: Connection, event_id: str, work: Callable[[Connection], object]
    ) -> Outcome:
        """Does the work, which must use this connection, unless it was done before."""
        try:
            cursor: _Cursor = connection.cursor()
            cursor.execute(self._insert, (event_id,))
            is_first = cursor.rowcount == 1
            if is_first:
                work(connection)
            connection.commit()
        except BaseException:
            connection.rollback()
            raise
        return "handled" if is_first else "repeated"


class InMemoryOnce:
    """Remembers events in this process's memory: for development. It says so, once."""

    def __init__(self) -> None:
        warnings.warn("InMemoryOnce forgets when the process ends: for development only")
        self._guard = threading.Lock()
        self._locks: Dict[str, threading.Lock] = {}
        self._handled: Dict[str, bool] = {}

    def run(self, event_id: str, work: Callable[[], object]) -> Outcome:
        """Does the work unless it was done before."""
        with self._guard:
            lock = self._locks.setdefault(event_id, threading.Lock())
        with lock:
            if event_id in self._handled:
                return "repeated"
            work()
            self._handled[event_id] = True
            return "handled"
