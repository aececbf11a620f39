"""A Flask app: pages, a form, a session, an upload, a stream."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from a2wsgi import WSGIMiddleware
from flask import Flask, Response, redirect, request, session, url_for
from werkzeug.wrappers import Response as Answer

app = Flask(__name__, static_folder="files")
app.secret_key = "not one"

asgi = WSGIMiddleware(app)
"""As one would serve it behind an ASGI server."""


@app.get("/")
def home() -> dict[str, object]:
    return {
        "url": request.url,
        "root": request.script_root,
        "query": request.args.to_dict(flat=False),
        "name": session.get("name"),
        "link": url_for("hello", name="ü/x"),
    }


@app.get("/hello/<path:name>")
def hello(name: str) -> str:
    return f"Hello {name}"


@app.post("/login")
def login() -> Answer:
    session["name"] = request.form["name"]
    return redirect(url_for("home"))


@app.put("/files/<name>")
def upload(name: str) -> dict[str, object]:
    content = request.get_data()
    return {"name": name, "size": len(content), "sha256": hashlib.sha256(content).hexdigest()}


@app.post("/form")
def form() -> dict[str, object]:
    file = request.files["file"]
    return {"name": file.filename, "text": request.form["text"], "size": len(file.read())}


@app.get("/stream")
def stream() -> Response:
    def lines() -> Iterator[str]:
        for number in range(200):
            yield f"line {number} ä\n"

    return Response(lines(), mimetype="text/plain")


@app.get("/cookies")
def cookies() -> Response:
    answer = Response("two", status=202, headers={"x-odd": "plain"})
    answer.set_cookie("a", "1")
    answer.set_cookie("b", "2", httponly=True)
    return answer


@app.get("/fail")
def fail() -> str:
    raise RuntimeError("secret")


@app.get("/empty")
def empty() -> tuple[str, int]:
    return "", 204


@app.get("/slash/")
def slash() -> str:
    return "with a slash"
