"""One request of a test, from the client to the app by way of iii, and back."""

from __future__ import annotations

import asyncio
import time
from functools import partial
from typing import Protocol

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from iii_asgi.asgi.guard import Guarded
from iii_asgi.catalogue.model import Catalogue
from iii_asgi.errors import Error
from iii_asgi.invocation import SCOPE_KEY, Invocation, current_invocation
from iii_asgi.testing.differences import WatchedClient, WatchedScope, of_answer, of_request
from iii_asgi.testing.lengths import announced_length, unannounced
from iii_asgi.testing.loopback import ANSWER_WITHIN, raw_path_of
from iii_asgi.testing.records import AppRecord, Records
from iii_asgi.testing.refusals import kind_of_refusal, kind_without_asking
from iii_asgi.testing.replayed import Replayed
from iii_asgi.testing.visits import Entry, Visit

__all__ = ["Carriage", "Road"]

# What an engine tells of a request, and can tell otherwise than the client said it.
_ON_THE_WIRE = (
    "client", "headers", "http_version", "path", "query_string", "raw_path",
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


class Carriage:
    """One request, from the client to the app by way of iii, and back.

    Args:
        app: what the client asks.
        routes: what in it has the routes.
        road: the way to it.
        records, record: where to count; the part of this app in it.
        exchange: scope, receive and send of the client.
        strict: see `through_iii`.
    """

    def __init__(
        self,
        app: ASGIApp,
        routes: ASGIApp,
        road: Road,
        records: Records,
        record: AppRecord,
        exchange: tuple[Scope, Receive, Send],
        *,
        strict: bool,
    ) -> None:
        scope, receive, self._send = exchange
        reach = road.catalogue.reach
        self._app = app if reach is None else Guarded(app, reach, self._lets)
        self._routes = routes
        self._is_excluded = False
        self._strict = strict
        self._records = records
        self._record = record
        self._road = road
        self._visit = Visit()
        self._scope = scope
        self._sent: Scope = {**scope, "raw_path": raw_path_of(scope)}
        self._receive = Replayed(receive)
        self._is_cut = False  # the app hears that the client went in the middle of the body
        self._said: list[Message] = []  # the app's answer, as far as it goes
        self._only_said = False  # the client gets that instead of what has arrived
        self._given: int | None = None  # bytes of the body, once the head is
        self._held: list[Message] = []  # an answer that was made before the app was called

    async def serve(self) -> None:
        """Serve it, to the end of the app's part; raise what the app raises."""
        try:
            await self._carry(await self._framed())
        finally:
            self._receive.close()

    async def _framed(self) -> Receive:
        """Return what is received on the way, where no length may be wrong."""
        length = announced_length(self._sent)
        if length is None or not await self._receive.contradicts(length):
            return self._receive
        self._differ("length", f"{length} announced")
        if self._strict:
            return self._receive.held_to(length)
        self._sent = unannounced(self._sent)
        return self._receive

    async def _carry(self, receive: Receive) -> None:
        carrying = asyncio.create_task(
            self._road.carry(self._visit, self._sent, receive, self._answer)
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
        is_lost = isinstance(broken, Error)
        never_left = entry is None and is_lost
        if entry is not None and is_lost and self._receive.is_cut:
            self._only_said = True  # for the engine nobody is there to get the answer
        is_expected = never_left or self._only_said
        if error is None and isinstance(broken, Exception) and not is_expected:
            error = broken  # the client's own `send` refused something, perhaps
        for message in self._left() if self._only_said and self._said else ():
            await self._send(message)
        if error is not None:
            raise error
        if entry is None:
            await self._refused(broken)

    # -- the app's part ------------------------------------------------------------------

    async def _enter(self, entry: Entry) -> BaseException | None:
        """Call the app with what has arrived; return what it raises."""
        started, error = time.monotonic(), None
        invocation: Invocation = entry.scope[SCOPE_KEY]
        token = current_invocation.set(invocation)
        watched = self._arrive(entry.scope)
        try:
            await self._app(self._scope, partial(self._hear, entry), partial(self._say, entry))
        except BaseException as raised:
            error = raised
        finally:
            current_invocation.reset(token)
            entry.finish(error)
        if self._is_excluded:
            self._records.count_direct()
            self._differ("excluded", invocation.function_id)
        else:
            self._records.count(self._record, invocation.function_id)
        if watched is not None and watched.was_read:
            self._differ("client")
        if time.monotonic() - started > ANSWER_WITHIN:
            self._differ("late")
        if isinstance(error, asyncio.CancelledError):
            raise error
        return error

    def _arrive(self, arrived: Scope) -> WatchedClient | WatchedScope | None:
        """Make the client's scope the one for the app; return what knows of its address."""
        for kind, note in of_request(self._sent, arrived):
            self._differ(kind, note)
        watched: WatchedClient | WatchedScope | None = None
        scope = self._scope
        if self._strict:
            scope.update((key, arrived[key]) for key in _ON_THE_WIRE)
            self._scope = scope = watched = WatchedScope(scope)
        elif scope.get("client"):
            scope["client"] = watched = WatchedClient(scope["client"])
        scope[SCOPE_KEY] = arrived[SCOPE_KEY]
        scope.setdefault("asgi", arrived["asgi"])
        return watched

    def _lets(self) -> bool:
        """Whether something excluded may run; a guard asks."""
        self._is_excluded = True
        return not self._strict

    async def _hear(self, entry: Entry) -> Message:
        """Return the next message for the app."""
        if self._is_cut:
            return {"type": "http.disconnect"}
        message = await entry.receive()
        is_last = message["type"] == "http.request" and not message.get("more_body", False)
        if is_last and self._receive.is_cut:
            self._differ("cut")
            if not self._strict:
                self._is_cut = True
                return {**message, "more_body": True}
        return message

    async def _say(self, entry: Entry, message: Message) -> None:
        """Take a message of the app."""
        if message["type"] == "http.response.start":
            message = {**message, "headers": list(message.get("headers", ()))}
        elif message["type"] != "http.response.body":
            await self._send(message)  # between the app and its test client
            return
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

    # -- the answer ----------------------------------------------------------------------

    async def _answer(self, message: Message) -> None:
        """Take a message of the engine's answer."""
        if not self._visit.entered:
            self._held.append(message)
            return
        if message["type"] == "http.response.start":
            message = self._head(message)
        if not self._only_said:
            self._given = (self._given or 0) + len(message.get("body", b""))
            await self._send(message)

    def _left(self) -> list[Message]:
        """Return what the client has not got yet of what the app has said."""
        if self._given is None:
            return self._said
        body = b"".join(message.get("body", b"") for message in self._said)
        ends = not self._said[-1].get("more_body", False)
        return [{"type": "http.response.body", "body": body[self._given :], "more_body": not ends}]

    def _head(self, message: Message) -> Message:
        """Take the head of an answer; return the one for the client."""
        if not self._said:  # a server answers for an app that says nothing
            self._only_said = not self._strict
            return message
        head = self._said[0]
        if self._only_said:
            return head
        for kind, note in of_answer(head, message):
            if not self._receive.is_cut:  # else nobody is there to get the answer
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
        if not self._strict:
            await self._ask_all_the_same(status)
            return
        reach = self._road.catalogue.reach
        self._differ(kind_without_asking(self._routes, self._scope, status, reach), f"{status}")
        for message in self._held:
            await self._send(message)

    async def _ask_all_the_same(self, status: int) -> None:
        """Have the app answer what an engine would answer with a status of its own."""
        answered = 500

        async def send(message: Message) -> None:
            nonlocal answered
            if message["type"] == "http.response.start":
                answered = message["status"]
            await self._send(message)

        method = self._scope["method"]
        try:
            await self._app(self._scope, self._receive.again(), send)
        finally:
            kind = kind_of_refusal(method, status, answered, is_excluded=self._is_excluded)
            self._differ(kind, f"engine {status}, app {answered}")

    def _differ(self, kind: str, note: str = "") -> None:
        path = self._sent["raw_path"].decode("latin-1")
        self._records.differ(kind, self._scope["method"], path, note)
