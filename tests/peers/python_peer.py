"""A worker of the official Python SDK, driven by JSON lines on stdin and stdout.

It has the functions and HTTP triggers of the iii docs, and does what it is told: one
command a line, one answer a line (see `driver`). The Node peer is the same in JavaScript.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import sys
import warnings
from collections.abc import Callable
from typing import Any

from iii import InitOptions, InvocationError, TriggerAction, register_worker
from iii.channel import ChannelReader, ChannelWriter
from iii.helpers import create_channel_async
from iii_helpers.http import http
from iii_helpers.observability import ReconnectionConfig

# 0.25 announces that triggers go; engines up to 0.25 know nothing else.
warnings.simplefilter("ignore", DeprecationWarning)

RUN, PREFIX, NAME = os.environ["PEERS_RUN"], os.environ["PEERS_PREFIX"], os.environ["PEERS_NAME"]

iii = register_worker(
    os.environ["III_URL"],
    InitOptions(
        worker_name=NAME,
        enable_metrics_reporting=False,
        otel={"enabled": False},
        reconnection_config=ReconnectionConfig(initial_delay_ms=50),
    ),
)
loop = asyncio.new_event_loop()
notes: asyncio.Queue[Any] = asyncio.Queue()
references: dict[str, Any] = {}
# The SDK keeps no reference to the tasks of its handlers: one that waits for something that
# nothing else holds is collected in the middle, and can leave the socket locked.
never = asyncio.Event()

# -- functions -----------------------------------------------------------------------------


def function(function_id: str, handler: Callable[..., Any], **trigger: Any) -> None:
    """Register a function, and the HTTP trigger that fires it, if any."""
    service, _, action = function_id.partition("::")
    full_id = f"{service}{RUN}::{action}"
    references[full_id] = iii.register_function(full_id, handler)
    if trigger:
        bind(full_id, **trigger)


def bind(function_id: str, method: str, path: str, metadata: Any = None) -> None:
    config = {"api_path": PREFIX + path, "http_method": method}
    iii.register_trigger(
        {"type": "http", "function_id": function_id, "config": config, "metadata": metadata}
    )


async def greet(request: dict[str, Any]) -> dict[str, Any]:
    return {"status_code": 200, "body": {"message": f"Hello, {request['path_params']['name']}!"}}


async def create_user(request: dict[str, Any]) -> dict[str, Any]:
    headers = {"Content-Type": "application/json", "Location": "/users/7"}
    return {"status_code": 201, "headers": headers, "body": {"id": 7, **request["body"]}}


async def charge(data: dict[str, Any]) -> dict[str, Any]:
    if data["amount"] < 0:
        raise ValueError("card declined")
    return {"charged": data["amount"], "by": NAME}


async def hang(data: Any) -> None:
    loop.call_soon_threadsafe(notes.put_nowait, "hanging")
    await never.wait()


async def take(data: Any, metadata: Any = None) -> dict[str, Any]:
    note = {"data": {"text": data.get("text") or data["body"]["text"]}, "metadata": metadata}
    loop.call_soon_threadsafe(notes.put_nowait, note)
    return {"status_code": 202, "body": None}


async def count(data: dict[str, Any]) -> dict[str, Any]:
    """Read a channel to its end."""
    return await _digest(data["source"])


async def produce(data: dict[str, Any]) -> None:
    """Write into a channel: a message, and the data in pieces."""
    sink: ChannelWriter = data["sink"]
    await sink.send_message_async("begin")
    for _ in range(data["chunks"]):
        await sink.write(b"\x00\xff" * 32 * 1024)
    await sink.close_async()


@http
async def page(request: Any, response: Any) -> None:
    """Stream an HTTP answer."""
    await response.status(203)
    await response.headers({"content-type": "text/plain", "x-by": NAME})
    for piece in (b"one ", b"two ", b"three"):
        await response.writer.write(piece)
    await response.writer.close_async()


async def fail(request: dict[str, Any]) -> None:
    raise ValueError("out of paper")


@http
async def upload(request: Any, response: Any) -> Any:
    """Read the exact bytes of an HTTP request."""
    return {"status_code": 200, "body": await _digest(request.request_body)}


async def _digest(source: ChannelReader) -> dict[str, Any]:
    messages: list[str] = []
    source.on_message(messages.append)
    data = await source.read_all()
    sha256 = hashlib.sha256(data).hexdigest()
    return {"bytes": len(data), "sha256": sha256, "messages": messages}


def register() -> None:
    function("greet::hello", greet, method="GET", path="/greet/:name")
    function("users::create", create_user, method="POST", path="/users")
    function("payments::charge", charge)
    function("payments::hang", hang)
    function("notes::take", take, method="POST", path="/notes", metadata={"source": "web"})
    function("files::count", count)
    function("files::produce", produce)
    function("pages::show", page, method="GET", path="/page")
    function("pages::fail", fail, method="GET", path="/fail")
    function("pages::upload", upload, method="POST", path="/upload")


# -- commands ------------------------------------------------------------------------------


async def call(request: dict[str, Any]) -> Any:
    return await iii.trigger_async(request)


async def void(request: dict[str, Any]) -> None:
    await iii.trigger_async({**request, "action": TriggerAction.Void()})


async def enqueue(request: dict[str, Any]) -> Any:
    return await iii.trigger_async({**request, "action": TriggerAction.Enqueue(queue="default")})


async def note(request: dict[str, Any]) -> Any:
    return await notes.get()


async def offer(request: dict[str, Any]) -> None:
    """Register one more function, which tells who we are."""

    async def who(data: Any) -> str:
        return NAME

    references[request["function_id"]] = iii.register_function(request["function_id"], who)


async def withdraw(request: dict[str, Any]) -> None:
    references.pop(request["function_id"]).unregister()


async def trigger(request: dict[str, Any]) -> None:
    bind(**request)


async def send_file(request: dict[str, Any]) -> Any:
    """Hand a function the reading end of a channel, and write into the other."""
    channel = await create_channel_async(iii)
    reader = channel.reader_ref.model_dump(exclude_none=True)
    called = asyncio.create_task(call({**request, "payload": {"source": reader}}))
    await channel.writer.send_message_async("begin")
    await channel.writer.write(b"\x00\xff" * 32 * 1024 * 3)
    await channel.writer.close_async()
    return await called


async def give_file(request: dict[str, Any]) -> Any:
    """Call a function with a file that it reads from a channel."""
    channel = await create_channel_async(iii)
    file = {**request["file"], **channel.reader_ref.model_dump(exclude_none=True)}
    payload = {**request["payload"], request["argument"]: file}
    called = asyncio.create_task(call({"function_id": request["function_id"], "payload": payload}))
    for _ in range(request["chunks"]):
        await channel.writer.write(b"\x00\xff" * 32 * 1024)
    await channel.writer.close_async()
    return await called


async def take_answer(request: dict[str, Any]) -> dict[str, Any]:
    """Call a function that writes its answer into a channel, and read that."""
    channel = await create_channel_async(iii)
    writer = channel.writer_ref.model_dump(exclude_none=True)
    payload = {**request["payload"], "$response": writer}
    called = asyncio.create_task(call({"function_id": request["function_id"], "payload": payload}))
    digest = await _digest(channel.reader)
    return {**digest, "result": await called}


COMMANDS = {
    one.__name__: one
    for one in (
        call, void, enqueue, note, offer, withdraw, trigger, send_file, give_file, take_answer
    )
}  # fmt: skip


async def answer(line: bytes) -> None:
    command = json.loads(line)
    try:
        reply = {"result": await COMMANDS[command["do"]](command["with"])}
    except InvocationError as error:
        reply = {"error": {"code": error.code, "message": error.message}}
    print(json.dumps({"id": command["id"], **reply}), flush=True)


async def main() -> None:
    register()
    lines = asyncio.StreamReader(limit=2**26)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    tasks = set()
    while line := await lines.readline():
        tasks.add(task := asyncio.create_task(answer(line)))
        task.add_done_callback(tasks.discard)
    iii.shutdown()


loop.run_until_complete(main())
