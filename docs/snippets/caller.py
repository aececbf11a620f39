"""A worker of the official SDK calls the shop: python docs/snippets/caller.py"""

import asyncio
import os
from typing import Any

from iii import InitOptions, register_worker
from iii.helpers import create_channel_async

URL = os.environ.get("III_URL", "ws://127.0.0.1:49134")
iii = register_worker(URL, InitOptions(worker_name="caller", otel={"enabled": False}))


async def call(function_id: str, **arguments: Any) -> Any:
    return await iii.trigger_async({"function_id": function_id, "payload": arguments})


async def with_a_token() -> None:
    login = await call("auth::login", username="ada", password="lovelace")
    headers = {"authorization": f"Bearer {login['access_token']}"}
    me = await call("auth::read_me", **{"$headers": headers})
    print("I am", me["username"])


async def with_a_file(picture: bytes) -> None:
    channel = await create_channel_async(iii)
    file = {
        "filename": "gear.png",
        "content_type": "image/png",
        **channel.reader_ref.model_dump(exclude_none=True),
    }
    uploading = asyncio.create_task(call("images::upload", product_id=1, image=file))
    await channel.writer.write(picture)
    await channel.writer.close_async()
    print("Stored", (await uploading)["size"], "bytes")


async def with_a_stream() -> None:
    channel = await create_channel_async(iii)
    writer = channel.writer_ref.model_dump(exclude_none=True)
    asking = asyncio.create_task(call("images::download", product_id=1, **{"$response": writer}))
    picture = await channel.reader.read_all()
    print("Read", len(picture), "bytes of", (await asking)["headers"]["content-type"])


async def main() -> None:
    await with_a_token()
    await with_a_file(b"\x89PNG\r\n\x1a\n" + bytes(100_000))
    await with_a_stream()


asyncio.run(main())
iii.shutdown()
