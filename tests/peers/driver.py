"""Driving processes from a test: the workers of the official SDKs, and our own app.

A peer gets one command a line on stdin and answers with one line on stdout::

    {"id": 1, "do": "call", "with": {"function_id": "items::read", "payload": {"item_id": 1}}}
    {"id": 1, "result": {"item_id": 1}}

Answers may come in another order than their commands.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, TypeAlias

from tests.fronts import until_has

__all__ = ["CallError", "Kind", "Peer", "Place", "our_process", "start_peer", "until"]

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
Kind: TypeAlias = Literal["python", "node"]
COMMANDS: dict[Kind, list[str]] = {
    "python": [sys.executable, str(HERE / "python_peer.py")],
    "node": ["node", str(HERE / "node" / "peer.mjs")],
}
LONGEST_LINE = 64 * 1024 * 1024
LONGEST_COMMAND = 15


@dataclass(frozen=True, slots=True)
class Place:
    """Where a test meets: an engine, and what keeps this run apart from others on it.

    Attributes:
        url, http_url: of the engine.
        run: stands behind every service, so ``items::read`` is ``items_3f::read``.
        prefix: of every HTTP path.
        is_embedded: whether the engine is ours.
    """

    url: str
    http_url: str
    run: str = ""
    prefix: str = ""
    is_embedded: bool = True

    def id(self, function_id: str) -> str:
        """Return what a function is called in this run; the engine's own are as they are."""
        service, _, action = function_id.partition("::")
        return function_id if service == "engine" else f"{service}{self.run}::{action}"

    def apart(self, run: str) -> Place:
        """Return a place on the same engine that shares no id and no path with this one."""
        prefix = f"{self.prefix}/{run.strip('_')}"
        return replace(self, run=self.run + run, prefix=prefix)

    @property
    def environment(self) -> dict[str, str]:
        """What a process needs to come here."""
        foreign = {key for key in os.environ if key.startswith("III_") and key != "III_TOKEN"}
        return {
            **{key: value for key, value in os.environ.items() if key not in foreign},
            "III_URL": self.url,
            "PEERS_RUN": self.run,
            "PEERS_PREFIX": self.prefix,
            "OTEL_ENABLED": "false",
        }


class CallError(Exception):
    """A call that a peer made was answered with an error."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


class Peer:
    """A worker of an official SDK in a process of its own.

    Function ids are those of its place; ``await peer.call("items::read", {"item_id": 1})``.
    """

    def __init__(self, name: str, place: Place, process: Process) -> None:
        self.name = name
        self._place = place
        self._process = process
        self._answers: dict[int, asyncio.Future[Any]] = {}
        self._reading = asyncio.create_task(self._read())

    async def call(
        self, function_id: str, data: Any = None, *, metadata: Any = None, timeout: float = 10
    ) -> Any:
        """Call a function through the engine and return its result.

        Without `data` it gets ``{}``: the engine ignores a call without a payload.

        Raises:
            CallError: what the SDK's own error says.
        """
        request = {
            "function_id": self._place.id(function_id),
            "payload": {} if data is None else data,
            "timeout_ms": int(timeout * 1000),
        }
        if metadata is not None:
            request["metadata"] = metadata
        return await self.do("call", **request)

    async def sees(self, function_id: str) -> bool:
        """Whether the engine has a function."""
        try:
            await self.call("engine::functions::info", {"function_id": self._place.id(function_id)})
        except CallError:
            return False
        return True

    async def misses(self, function_id: str) -> bool:
        """Whether the engine has no such function."""
        return not await self.sees(function_id)

    async def void(self, function_id: str, data: Any) -> None:
        """Call a function without waiting for it."""
        await self.do("void", function_id=self._place.id(function_id), payload=data)

    async def note(self) -> Any:
        """Wait for the next call of ``notes::take``; return its data and metadata."""
        return await self.do("note")

    async def do(self, command: str, **arguments: Any) -> Any:
        """Give any command and return its result (see the peers' ``COMMANDS``)."""
        number = len(self._answers)
        future = self._answers[number] = asyncio.get_running_loop().create_future()
        line = json.dumps({"id": number, "do": command, "with": arguments})
        assert self._process.stdin is not None
        self._process.stdin.write(line.encode() + b"\n")
        async with asyncio.timeout(LONGEST_COMMAND):
            await self._process.stdin.drain()
            return await future

    def kill(self) -> None:
        """Let the process die without a word."""
        self._process.kill()

    async def close(self) -> None:
        """Let it leave; then end it."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            async with asyncio.timeout(3):
                await self._process.wait()
        except TimeoutError:
            self._process.kill()
            await self._process.wait()
        await self._reading

    async def _read(self) -> None:
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            answer = json.loads(line)
            future = self._answers[answer["id"]]
            if future.done():
                continue
            if error := answer.get("error"):
                future.set_exception(CallError(**error))
            else:
                future.set_result(answer["result"])
        for future in self._answers.values():
            if not future.done():
                future.set_exception(ConnectionError(f"{self.name} has gone"))


@asynccontextmanager
async def start_peer(kind: Kind, place: Place) -> AsyncIterator[Peer]:
    """Run a peer; begin when the engine knows its functions and triggers."""
    name = f"{kind}-{os.getpid()}{place.run}"
    process = await asyncio.create_subprocess_exec(
        *COMMANDS[kind],
        stdin=PIPE,
        stdout=PIPE,
        limit=LONGEST_LINE,
        env={**place.environment, "PEERS_NAME": name},
    )
    peer = Peer(name, place, process)
    try:
        # Not by calling itself: a peer's own call can overtake its registrations, which the
        # engine holds back until the worker has said who it is.
        await until(lambda: peer.sees("pages::upload"))
        await until_has(place.http_url, {f"{place.prefix}/upload": {"POST"}})
        yield peer
    finally:
        await peer.close()


@asynccontextmanager
async def our_process(place: Place) -> AsyncIterator[Process]:
    """Run our app as a process (see `app`); begin when it says that it is connected."""
    process = await asyncio.create_subprocess_exec(
        *[sys.executable, "-m", "tests.peers.app"],
        cwd=ROOT,
        stdin=DEVNULL,
        stderr=PIPE,
        env=place.environment,
    )
    assert process.stderr is not None
    connected = asyncio.Event()
    relaying = asyncio.create_task(_relay(process.stderr, connected))
    try:
        async with asyncio.timeout(LONGEST_COMMAND):
            await connected.wait()
        yield process
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        await process.wait()
        await relaying


async def _relay(lines: asyncio.StreamReader, connected: asyncio.Event) -> None:
    async for line in lines:
        sys.stderr.write(line.decode())
        if b"Connected to" in line:
            connected.set()


async def until(
    condition: Callable[[], bool] | Callable[[], Awaitable[bool]], *, timeout: float = 10
) -> None:
    """Wait for something that nobody announces."""
    async with asyncio.timeout(timeout):
        while not (await now if isinstance(now := condition(), Awaitable) else now):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
