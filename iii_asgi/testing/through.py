"""An app as its tests see it, and each of their requests through iii on the way."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from inspect import getclosurevars, isfunction
from typing import Any, Protocol
from urllib.parse import quote

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from iii_asgi.catalogue.fingerprint import Fingerprint
from iii_asgi.catalogue.layers import is_walkable, look_through
from iii_asgi.catalogue.model import Catalogue
from iii_asgi.errors import Error
from iii_asgi.invocation import SCOPE_KEY, current_invocation
from iii_asgi.settings import Settings
from iii_asgi.testing.differences import WatchedClient, kind_of_refusal, of_answer, of_request
from iii_asgi.testing.loopback import Place
from iii_asgi.testing.records import AppRecord, Records
from iii_asgi.testing.visits import Door, Entry, Visit, current_visit

__all__ = ["Road", "RoadOpener", "Through", "through_iii"]

_LATE = 30.0  # seconds until a real engine gives up
_NO_LIMIT = 86400.0  # somebody may sit in a debugger

# What an engine tells of a request, and can tell otherwise than the client said it.
_ON_THE_WIRE = (
    "client", "headers", "http_version", "path", "query_string", "raw_path", "root_path",
    "scheme", "server",
)  # fmt: skip


class Road(Protocol):
    """A way through iii and back for the requests to one app."""

    catalogue: Catalogue

    async def carry(self, visit: Visit, scope: Scope, receive: Receive, send: Send) -> None:
        """Carry a request to the door, where the visit waits, and its answer back."""
        ...

    async def close(self) -> None:
        """No request will come any more."""
        ...


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
        settings: as for `Bridge`, of which `service`, `http`, `include` and `exclude` count;
            by default from the environment.
        strict: answer as the engine does, and lose what it loses. If False, the app gets
            and the client sees all the same what a test client alone would give.
    """
    return Through(app, settings=settings, strict=strict)


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
        self._settings = settings or Settings.resolve(access_log=False)
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
            await _Request(self, road, self._record, scope, receive, send).serve()

    async def _way(self) -> Road | None:
        """Return the road, made anew when the app's routes have changed; None if impossible."""
        if self._fingerprint is not None and self._fingerprint.is_current():
            return self._road
        app, settings = self._with_routes, self._settings
        if settings.http == "routes" and not is_walkable(look_through(app)[0]):
            settings = replace(settings, http="app")  # it would have no path at all
        if self._road is not None:
            await self._road.close()
        self._fingerprint = Fingerprint(app)
        try:
            self._road, self._problem = await self._open_road(app, self._door, settings), None
            self._record = self.records.app(self._road.catalogue)
        except Error as error:
            self._road, self._problem = None, str(error)
        return self._road

    async def _ask_app(
        self, scope: Scope, receive: Receive, send: Send, why: str | None = None
    ) -> None:
        self.records.count_direct()
        if why is not None:
            self.records.differ("not-carried", scope["method"], scope["path"], why)
        await self.app(scope, receive, send)


class _Request:
    """One request, from the client to the app by way of iii, and back."""

    def __init__(
        self,
        through: Through,
        road: Road,
        record: AppRecord,
        scope: Scope,
        receive: Receive,
        send: Send,
    ) -> None:
        self._app = through.app
        self._strict = through.strict
        self._records = through.records
        self._record = record
        self._road = road
        self._visit = Visit()
        self._scope = scope
        self._sent = {**scope, "raw_path": _raw_path(scope)}
        self._receive = _Replayed(receive)
        self._send = send
        self._said: list[Message] = []  # the app's answer, as far as it goes
        self._only_said = False  # the client gets that instead of what has arrived
        self._held: list[Message] = []  # an answer that was made before the app was called

    async def serve(self) -> None:
        """Serve it, to the end of the app's part; raise what the app raises."""
        carrying = asyncio.create_task(
            self._road.carry(self._visit, self._sent, self._receive, self._answer)
        )
        error = None
        try:
            entry = await self._visit.entry(carrying)
            if entry is not None:
                error = await self._enter(entry)
            await asyncio.wait({carrying})
        finally:
            carrying.cancel()
            (broken,) = await asyncio.gather(carrying, return_exceptions=True)
        never_left = entry is None and isinstance(broken, Error)
        if error is None and isinstance(broken, Exception) and not never_left:
            error = broken  # the client's own `send` refused something, perhaps
        if self._only_said:
            for message in self._said:
                await self._send(message)
        if error is not None:
            raise error
        if entry is None:
            await self._refused(broken)

    # -- the app's part ------------------------------------------------------------------

    async def _enter(self, entry: Entry) -> BaseException | None:
        """Call the app with what has arrived; return what it raises."""
        invocation = entry.scope[SCOPE_KEY]
        self._count(entry.scope)
        client = self._arrive(entry.scope)

        async def send(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": list(message.get("headers", ()))}
            elif message["type"] != "http.response.body":
                await self._send(message)  # between the app and its test client
                return
            await self._say(entry, message)

        token = current_invocation.set(invocation)
        started, error = time.monotonic(), None
        try:
            await self._app(self._scope, entry.receive, send)
        except BaseException as raised:
            error = raised
        finally:
            current_invocation.reset(token)
            entry.finish(error)
        if client is not None and client.was_read:
            self._differ("client")
        if time.monotonic() - started > _LATE:
            self._differ("late")
        if isinstance(error, asyncio.CancelledError):
            raise error
        return error

    async def _say(self, entry: Entry, message: Message) -> None:
        """Take a message of the app's answer."""
        self._said.append(message)
        if self._only_said:
            return
        try:
            await entry.send(message)
        except RuntimeError as error:  # as every server refuses it; test clients take it
            self._differ("answer", str(error))
            if self._strict:
                raise
            self._only_said = True

    def _count(self, arrived: Scope) -> None:
        self._records.count(self._record, arrived[SCOPE_KEY].function_id)
        for kind, note in of_request(self._sent, arrived):
            self._differ(kind, note)

    def _arrive(self, arrived: Scope) -> WatchedClient | None:
        """Make the client's scope the one for the app; return the client's address in it."""
        scope, client = self._scope, None
        if self._strict:
            scope.update((key, arrived[key]) for key in _ON_THE_WIRE)
        elif scope.get("client"):
            client = scope["client"] = WatchedClient(scope["client"])
        scope[SCOPE_KEY] = arrived[SCOPE_KEY]
        scope.setdefault("asgi", arrived["asgi"])
        return client

    # -- the answer ----------------------------------------------------------------------

    async def _answer(self, message: Message) -> None:
        """Take a message of the engine's answer."""
        if not self._visit.entered:
            self._held.append(message)
            return
        if message["type"] == "http.response.start":
            message = self._head(message)
        if not self._only_said:
            await self._send(message)

    def _head(self, message: Message) -> Message:
        """Take the head of an answer; return the one for the client."""
        if not self._said:  # a server answers for an app that says nothing
            self._only_said = not self._strict
            return message
        head = self._said[0]
        if self._only_said:
            return head
        for kind, note in of_answer(head, message):
            self._differ(kind, note)
        if self._strict:
            return message
        self._only_said = message["status"] != head["status"]
        return head

    async def _refused(self, broken: BaseException | None) -> None:
        """The answer was made without the app: give it, or ask the app all the same."""
        self._records.count_direct()
        if broken is not None:
            self._differ("not-carried", str(broken))
            await self._app(self._scope, self._receive.again(), self._send)
            return
        status = self._held[0]["status"]
        if self._strict:
            by_app = 404 if status == 404 else 405
            self._differ(kind_of_refusal(self._scope["method"], status, by_app), f"{status}")
            for message in self._held:
                await self._send(message)
            return
        answered = 500

        async def send(message: Message) -> None:
            nonlocal answered
            if message["type"] == "http.response.start":
                answered = message["status"]
            await self._send(message)

        try:
            await self._app(self._scope, self._receive.again(), send)
        finally:
            kind = kind_of_refusal(self._scope["method"], status, answered)
            self._differ(kind, f"engine {status}, app {answered}")

    def _differ(self, kind: str, note: str = "") -> None:
        path = self._sent["raw_path"].decode("latin-1")
        self._records.differ(kind, self._scope["method"], path, note)


class _Replayed:
    """A `receive` whose messages can be received once more."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._messages: list[Message] = []

    async def __call__(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.request":
            self._messages.append(message)
        return message

    def again(self) -> Receive:
        """Return a `receive` that begins with those that were received."""
        messages = iter(self._messages)

        async def receive() -> Message:
            message = next(messages, None)
            return await self._receive() if message is None else message

        return receive


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


def _raw_path(scope: Scope) -> bytes:
    """Return the path as the client sent it; some test clients leave the query there."""
    raw_path: bytes = scope.get("raw_path") or quote(scope["path"]).encode()
    return raw_path.partition(b"?")[0]


def _is_asyncio() -> bool:
    """Whether this runs on asyncio, and not on trio."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
