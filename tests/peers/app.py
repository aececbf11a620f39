"""Our side of the tests: a small FastAPI app that calls other workers' functions.

``python -m tests.peers.app`` serves it as a process of its own, which can be killed.
"""

from __future__ import annotations

import asyncio
import os
from typing import Annotated, Any, cast

from fastapi import APIRouter, Body, Depends, FastAPI, HTTPException, Request, Response
from fastapi.responses import PlainTextResponse, StreamingResponse
from pydantic import BaseModel, Field

from iii_asgi import Bridge, Invocation, Settings, expose, get_invocation
from iii_asgi.errors import InvocationError, InvocationTimeoutError

__all__ = ["create_app"]

VOID = {"type": "void"}


class Item(BaseModel):
    """Something to sell."""

    name: str
    price: float = Field(gt=0)


def served(request: Request) -> Invocation:
    """Return the invocation behind a request: these routes are for iii alone."""
    invocation = get_invocation(request)
    assert invocation is not None, "this app is served by iii"
    return invocation


Served = Annotated[Invocation, Depends(served)]


def create_app(name: str = "first", run: str = "") -> FastAPI:
    """Return the app.

    Args:
        name: told by ``about::me``, so that a caller knows which process answered.
        run: put behind every service, ours and the peers', where an engine is shared.
    """
    app = FastAPI(title="Peers", openapi_url=None)
    app.state.name = name
    app.state.run = run
    app.state.notes = asyncio.Queue()
    app.include_router(_items(), prefix="/items", tags=[f"items{run}"])
    app.include_router(_about(), prefix="/about", tags=[f"about{run}"])
    app.include_router(_shop(run), prefix="/shop", tags=[f"shop{run}"])
    return app


def _items() -> APIRouter:
    """Plain routes, which know nothing of iii."""
    router = APIRouter()
    names = {1: "pen", 2: "ink"}

    @router.get("/{item_id}")
    async def read(item_id: int, loud: bool = False) -> dict[str, Any]:
        if item_id not in names:
            raise HTTPException(404, f"no item {item_id}")
        return {"item_id": item_id, "name": names[item_id].upper() if loud else names[item_id]}

    @router.post("", status_code=201)
    async def create(item: Item, response: Response) -> dict[str, Any]:
        response.headers["location"] = "/items/3"
        return {"item_id": 3, **item.model_dump()}

    @router.delete("/{item_id}", status_code=204, response_model=None)
    async def delete(item_id: int) -> None: ...

    @router.post("/total")
    async def total(items: list[Item]) -> float:
        return sum(item.price for item in items)

    @router.post("/reserve/{item_id}")
    @expose(errors="return", metadata={"group": "stock"})
    async def reserve(item_id: int) -> None:
        raise HTTPException(409, f"item {item_id} is reserved already")

    @router.get("/broken/now")
    async def broken() -> None:
        raise RuntimeError("the password is hunter2")

    return router


def _about() -> APIRouter:
    """Routes that tell how they were called."""
    router = APIRouter()

    @router.get("/me")
    async def me(request: Request, invocation: Served) -> dict[str, Any]:
        return {
            "name": request.app.state.name,
            "function_id": invocation.function_id,
            "trigger": invocation.trigger,
            "metadata": invocation.metadata,
            "caller_worker_id": invocation.caller_worker_id,
        }

    @router.post("/note", status_code=202)
    async def note(request: Request, text: Annotated[str, Body(embed=True)]) -> None:
        request.app.state.notes.put_nowait(text)

    @router.post("/echo")
    async def echo(text: Annotated[str, Body(embed=True)]) -> PlainTextResponse:
        return PlainTextResponse(text)

    @router.post("/size")
    async def size(request: Request) -> dict[str, int]:
        return {"bytes": len(await request.body())}

    @router.get("/stream")
    async def stream(chunks: int) -> StreamingResponse:
        return StreamingResponse(b"\x00\xff" * 32 * 1024 for _ in range(chunks))

    return router


def _shop(run: str) -> APIRouter:
    """Routes that call the functions of other workers."""
    router = APIRouter()

    @router.post("/checkout")
    async def checkout(amount: Annotated[float, Body(embed=True)], invocation: Served) -> Any:
        try:
            return await invocation.worker.trigger(f"payments{run}::charge", {"amount": amount})
        except InvocationError as error:
            raise HTTPException(402, {"code": error.code, "message": error.message}) from error

    @router.post("/careless")
    async def careless(amount: Annotated[float, Body(embed=True)], invocation: Served) -> Any:
        return await invocation.worker.trigger(f"payments{run}::charge", {"amount": amount})

    @router.post("/ask")
    async def ask(
        invocation: Served, timeout: Annotated[float | None, Body(embed=True)] = None
    ) -> Any:
        """Ask somebody who never answers."""
        try:
            return await invocation.worker.trigger(f"payments{run}::hang", {}, timeout=timeout)
        except InvocationTimeoutError as error:
            raise HTTPException(504, "the bank is slow") from error
        except InvocationError as error:
            raise HTTPException(502, error.code) from error

    @router.post("/notify", status_code=202)
    async def notify(text: Annotated[str, Body(embed=True)], invocation: Served) -> None:
        await invocation.worker.trigger(f"notes{run}::take", {"text": text}, action=VOID)

    @router.post("/wait")
    async def wait(
        request: Request, seconds: Annotated[float, Body(embed=True)], invocation: Served
    ) -> str:
        """Tell a peer that it has begun, and take a while."""
        name = cast(str, request.app.state.name)
        await invocation.worker.trigger(f"notes{run}::take", {"text": name}, action=VOID)
        await asyncio.sleep(seconds)
        return name

    return router


if __name__ == "__main__":
    run = os.environ.get("PEERS_RUN", "")
    settings = Settings.resolve(
        prefix=os.environ.get("PEERS_PREFIX"), name=f"ours-{os.getpid()}{run}"
    )
    Bridge(create_app("process", run), settings=settings).run()
