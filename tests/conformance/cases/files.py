"""Files: static ones and single ones, parts of them, and those that have not changed."""

from __future__ import annotations

from email.utils import formatdate
from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import FileResponse
from starlette.staticfiles import StaticFiles

from tests.conformance.case import Case, Loss, case
from tests.conformance.losses import OTHER_METHOD, STREAMED_ORDER

__all__ = ["CASES", "add_to"]

STATIC = Path(__file__).parents[1] / "static"


def add_to(app: FastAPI) -> None:
    """Add the endpoints of this theme."""
    app.mount("/files/static", StaticFiles(directory=STATIC), name="static")
    app.mount("/files/site", StaticFiles(directory=STATIC, html=True), name="site")

    @app.get("/files/one/{name}")
    @app.head("/files/one/{name}")
    async def one(name: str) -> FileResponse:
        return FileResponse(STATIC / name)

    @app.get("/files/download")
    async def download() -> FileResponse:
        return FileResponse(STATIC / "page.html", filename="schön & gut.html")


_RANGES = {
    "first": "bytes=0-3",
    "middle": "bytes=5-9",
    "rest": "bytes=10-",
    "last": "bytes=-5",
    "beyond": "bytes=0-99999",
    "two": "bytes=0-1,4-5",
    "outside": "bytes=99999-",
    "wrong": "bytes=x-y",
    "other unit": "lines=1-2",
}
_CHANGED = "If-Modified-Since: Thu, 01 Jan 1970 00:00:00 GMT"
_UNCHANGED = f"If-Modified-Since: {formatdate(4e9, usegmt=True)}"
_NO_TEXT = [STREAMED_ORDER]


def _file_losses(name: str) -> list[Loss]:
    return [STREAMED_ORDER] if name.endswith(".png") else []


CASES: list[Case] = [
    *(
        case(f"{what} {name}", f"/files/{what}/{name}", losses=_file_losses(name))
        for what in ("static", "one")
        for name in ("page.html", "style.css", "empty.txt", "pixel.png")
    ),
    *(
        case(f"HEAD {what} {name}", f"/files/{what}/{name}", "HEAD")
        for what in ("static", "one")
        for name in ("page.html", "pixel.png")
    ),
    *(
        case(f"range of text, {what}", "/files/one/page.html", lines=[f"Range: {text}"])
        for what, text in _RANGES.items()
        if what != "two"
    ),
    *(
        case(
            f"range of bytes, {what}",
            "/files/static/pixel.png",
            lines=[f"Range: {text}"],
            losses=_NO_TEXT,
        )
        for what, text in _RANGES.items()
        if what != "two"
    ),
    case("if-range", "/files/one/page.html", lines=["Range: bytes=0-3", 'If-Range: "other"']),
    case("changed", "/files/static/style.css", lines=[_CHANGED]),
    case("not changed", "/files/static/style.css", lines=[_UNCHANGED], losses=_NO_TEXT),
    case("no match", "/files/static/style.css", lines=['If-None-Match: "other"']),
    case("name with spaces", "/files/static/sch%C3%B6ne%20dateien/ein%20text.txt"),
    case("not there", "/files/static/nothing.css"),
    case("POST to a file", "/files/static/style.css", "POST", losses=[OTHER_METHOD]),
    case("dots", "/files/static/../static/style.css"),
    case("encoded dots", "/files/static/%2E%2E/style.css"),
    case("site", "/files/site/"),
    case("site without a slash", "/files/site"),
    case("site, folder", "/files/site/sub/"),
    case("site, folder without a slash", "/files/site/sub"),
    case("site, page", "/files/site/page.html"),
    case("site, not there", "/files/site/nothing"),
    case("download", "/files/download"),
]
