"""Whether an app's routes are still those that were looked at. Cheap enough for each request."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from iii_asgi.catalogue.layers import is_walkable, look_through

__all__ = ["Fingerprint"]


class Fingerprint:
    """Takes down the lists of routes of an app, and of what is mounted and included in it."""

    def __init__(self, app: Any) -> None:
        found = look_through(app)[0]
        self._app = found if hasattr(found, "router") else None
        self._about = self._read()
        self._lists = [(routes, list(routes)) for routes in _lists_of(found, set())]

    def is_current(self) -> bool:
        """Whether nothing was added, taken away or replaced since."""
        for routes, known in self._lists:
            if routes != known:  # one by one by identity first, so at the speed of C
                return False
        return self._about == self._read()

    def _read(self) -> tuple[Any, ...]:
        """Return what else decides how requests are passed on."""
        app = self._app
        return (
            len(getattr(app, "user_middleware", ())),
            len(getattr(app, "exception_handlers", ())),
            bool(getattr(app, "dependency_overrides", None)),
        )


def _lists_of(app: Any, seen: set[int]) -> Iterator[list[Any]]:
    if not is_walkable(app) or id(app) in seen:
        return
    seen.add(id(app))
    yield app.routes
    for route in app.routes:
        # A mount or host; a router that FastAPI keeps as it was included.
        for name in ("app", "original_router"):
            if (inner := getattr(route, name, None)) is not None:
                yield from _lists_of(look_through(inner)[0], seen)
