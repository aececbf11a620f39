"""An app as its tests see it, and each of their requests through iii on the way."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from inspect import getclosurevars, isfunction
from typing import Any, Protocol

from starlette.types import ASGIApp, Receive, Scope, Send

from iii_asgi.catalogue.fingerprint import Fingerprint
from iii_asgi.catalogue.layers import is_walkable, look_through
from iii_asgi.errors import Error
from iii_asgi.settings import Settings
from iii_asgi.testing.carriage import Carriage, Road
from iii_asgi.testing.loopback import Place
from iii_asgi.testing.records import AppRecord, Records
from iii_asgi.testing.visits import Door, Visit, current_visit

__all__ = ["RoadOpener", "Through", "settings_of_tests", "through_iii"]

_NO_LIMIT = 86400.0  # somebody may sit in a debugger


class RoadOpener(Protocol):
    """Makes the way for an app; an `Error` says why there is none."""

    async def __call__(self, app: ASGIApp, door: Door, settings: Settings) -> Road:
        """Make the way: `app` has the routes, `door` is called."""
        ...


def through_iii(app: ASGIApp, *, settings: Settings | None = None, strict: bool = False) -> ASGIApp:
    """Return an ASGI app that sends each HTTP request to `app` through iii, in memory.

    The request becomes the call that an engine would send, is served as the bridge serves
    it, and answered as the engine answers. The app itself runs in the caller's task, and
    what it lets through is raised to the caller. Lifespan and WebSockets are the app's own.

    Args:
        app: any ASGI app.
        settings: as for `Bridge`; by default `settings_of_tests`.
        strict: answer as the engine does, and lose what it loses. If False, the app gets
            and the client sees all the same what a test client alone would give.
    """
    return Through(app, settings=settings, strict=strict)


def settings_of_tests() -> Settings:
    """Return the settings of the environment, without those of one place of deployment.

    Raises:
        SettingsError: one of them cannot be used.
    """
    return Settings.resolve(access_log=False, name="", namespace="default", prefix="", root_path="")


class Through:
    """See `through_iii`.

    Args:
        app, settings, strict: see there.
        records: where to count.
        open_road: makes the way; in memory by default.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        settings: Settings | None = None,
        strict: bool = False,
        records: Records | None = None,
        open_road: RoadOpener | None = None,
    ) -> None:
        self.app = app
        self.strict = strict
        self.records = records or Records()
        self._settings = settings or settings_of_tests()
        self._open_road = open_road or _MemoryRoad.open
        self._with_routes = _with_routes(app)
        self._door = Door(self._with_routes, app)
        self._road: Road | None = None
        self._record: AppRecord | None = None
        self._problem: str | None = None
        self._fingerprint: Fingerprint | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; a lifespan, and what is no HTTP, is the app's own."""
        if scope["type"] == "websocket":
            self.records.differ("websocket", "WebSocket", scope["path"])
        if scope["type"] != "http":
            await self.app(scope, receive, send)
        elif not _is_asyncio():
            await self._ask_app(
                scope, receive, send, "this test runs on trio, the bridge on asyncio"
            )
        elif (road := await self._way()) is None or self._record is None:
            self.records.differ("catalogue", scope["method"], scope["path"], self._problem or "")
            await self._ask_app(scope, receive, send)
        else:
            await Carriage(
                self.app, self._with_routes, road, self.records, self._record,
                (scope, receive, send), strict=self.strict,
            ).serve()  # fmt: skip

    async def _way(self) -> Road | None:
        """Return the road, made anew when the app's routes have changed; None if impossible."""
        if self._fingerprint is not None and self._fingerprint.is_current():
            return self._road
        app, settings = self._with_routes, self._settings
        if settings.http == "routes" and not is_walkable(look_through(app)[0]):
            settings = replace(settings, http="app")  # it would have no path at all
        if self._road is not None:
            await self._road.close()
        try:
            self._road, self._problem = await self._open_road(app, self._door, settings), None
            self._record = self.records.app(self._road.catalogue)
        except Error as error:
            self._road, self._problem = None, str(error)
        self._fingerprint = Fingerprint(app)
        return self._road

    async def _ask_app(
        self, scope: Scope, receive: Receive, send: Send, why: str | None = None
    ) -> None:
        self.records.count_direct()
        if why is not None:
            self.records.differ("not-carried", scope["method"], scope["path"], why)
        await self.app(scope, receive, send)


class _MemoryRoad:
    """Through iii without an engine."""

    def __init__(self, place: Place) -> None:
        self.catalogue = place.catalogue
        self._place = place

    @classmethod
    async def open(cls, app: ASGIApp, door: Door, settings: Settings) -> _MemoryRoad:
        place = Place(app, settings, None, door=door, answer_within=_NO_LIMIT)
        await place.register()
        return cls(place)

    async def carry(self, visit: Visit, scope: Scope, receive: Receive, send: Send) -> None:
        """See `Road`."""
        current_visit.set(visit)  # for the tasks that serve it; this one ends with it
        await self._place.serve(scope, receive, send)

    async def close(self) -> None:
        """Nothing is open."""


def _with_routes(app: Any) -> Any:
    """Return what has the routes of an app.

    Tests wrap apps in functions of their own (asgi-lifespan does, to pass on the state).
    """
    while isfunction(app) and not is_walkable(look_through(app)[0]):
        around = getclosurevars(app).nonlocals.values()
        inner = [one for one in around if is_walkable(look_through(one)[0])]
        if len(inner) != 1:
            break
        app = inner[0]
    return app


def _is_asyncio() -> bool:
    """Whether this runs on asyncio, and not on trio."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
