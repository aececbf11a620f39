"""A Quart app: the same ideas as the Flask one, on the event loop."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator

from quart import Quart, Response, redirect, request, session, url_for
from werkzeug.wrappers import Response as Answer

app = Quart(__name__, static_folder="files")
app.secret_key = "not one"
started: list[str] = []


@app.before_serving
async def start() -> None:
    started.append("yes")


@app.get("/")
async def home() -> dict[str, object]:
    return {
        "url": request.url,
        "root": request.script_root,
        "query": request.args.to_dict(flat=False),
        "name": session.get("name"),
        "link": url_for("hello", name="ü/x"),
        "started": started,
    }


@app.get("/hello/<path:name>")
async def hello(name: str) -> str:
    return f"Hello {name}"


@app.post("/login")
async def login() -> Answer:
    session["name"] = (await request.form)["name"]
    return redirect(url_for("home"))


@app.put("/files/<name>")
async def upload(name: str) -> dict[str, object]:
    digest, size = hashlib.sha256(), 0
    async for chunk in request.body:
        digest.update(chunk)
        size += len(chunk)
    return {"name": name, "size": size, "sha256": digest.hexdigest()}


@app.post("/form")
async def form() -> dict[str, object]:
    file = (await request.files)["file"]
    return {
        "name": file.filename,
        "text": (await request.form)["text"],
        "size": len(file.read()),
    }


@app.get("/stream")
async def stream() -> Response:
    async def lines() -> AsyncIterator[bytes]:
        for number in range(200):
            yield f"line {number} ä\n".encode()
            await asyncio.sleep(0)

    return Response(lines(), mimetype="text/plain")


@app.get("/cookies")
async def cookies() -> Response:
    answer = Response("two", status=202, headers={"x-odd": "plain"})
    answer.set_cookie("a", "1")
    answer.set_cookie("b", "2", httponly=True)
    return answer


@app.get("/fail")
async def fail() -> str:
    raise RuntimeError("secret")


@app.get("/empty")
async def empty() -> tuple[str, int]:
    return "", 204


@app.get("/slash/")
async def slash() -> str:
    return "with a slash"
