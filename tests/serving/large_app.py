"""An app of large bodies, in a process of its own whose memory a test measures.

``python -m tests.serving.large_app URL`` puts it on the engine there.
"""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator

from fastapi import FastAPI, Request
from fastapi.responses import StreamingResponse

from iii_asgi import Bridge, Settings

PIECE = b"\x00\xff" * 32 * 1024

app = FastAPI(openapi_url=None)


@app.get("/download", tags=["large"])
async def download(pieces: int) -> StreamingResponse:
    """Answer with so many pieces of 64 KiB, made one by one."""

    async def made() -> AsyncIterator[bytes]:
        for _ in range(pieces):
            yield PIECE

    return StreamingResponse(made(), media_type="application/octet-stream")


@app.post("/upload", tags=["large"])
async def upload(request: Request) -> int:
    """Count the bytes of the body, read piece by piece."""
    return sum([len(piece) async for piece in request.stream()])


if __name__ == "__main__":
    Bridge(app, settings=Settings(url=sys.argv[1], name="large")).run()
