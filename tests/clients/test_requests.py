"""requests, with a session, as most scripts use it."""

from __future__ import annotations

import hashlib
import io
import time
from collections.abc import Iterator

import pytest
import requests

from tests.clients.site import FILE

BODY = bytes(range(256)) * 8000


@pytest.fixture
def session(site: str) -> Iterator[requests.Session]:
    """A session."""
    with requests.Session() as session:
        yield session


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def test_cookies(site: str, session: requests.Session) -> None:
    """Cookies that are set by a redirect are sent from then on, until they are deleted."""
    page = session.get(f"{site}/login", params={"name": "ada"})

    assert [one.status_code for one in page.history] == [303]
    assert page.json() == {"name": "ada", "theme": "dark"}
    assert session.post(f"{site}/logout").status_code == 204
    assert session.get(f"{site}/cookies").json() == {"theme": "dark"}


@pytest.mark.parametrize(
    ("status", "method", "size"),
    [(301, "GET", 0), (302, "GET", 0), (303, "GET", 0), (307, "POST", 4), (308, "POST", 4)],
)
def test_redirects(
    site: str, session: requests.Session, status: int, method: str, size: int
) -> None:
    """A redirected POST is asked again in the way of its status."""
    page = session.post(f"{site}/away/{status}", data=b"body")

    assert [one.status_code for one in page.history] == [status]
    assert (page.json()["method"], page.json()["size"]) == (method, size)


def test_form(site: str, session: requests.Session) -> None:
    """Fields and files of a form arrive with their names and types."""
    files = {"a": ("täg.bin", BODY, "image/png"), "b": ("empty.txt", b"", "text/plain")}

    rows = session.post(f"{site}/form", data={"text": "grüße"}, files=files).json()

    assert rows == [
        ["text", "grüße"],
        ["a", "täg.bin", "image/png", len(BODY), digest(BODY)],
        ["b", "empty.txt", "text/plain", 0, digest(b"")],
    ]


def test_uploads(site: str, session: requests.Session) -> None:
    """Bytes, a file and a generator arrive as they are; the last in chunks, without a length."""
    seen = [
        session.put(f"{site}/told", data=BODY).json(),
        session.put(f"{site}/told", data=io.BytesIO(BODY)).json(),
        session.put(
            f"{site}/told", data=(BODY[i : i + 999] for i in range(0, 999_000, 999))
        ).json(),
    ]

    assert [one["size"] for one in seen] == [len(BODY), len(BODY), 999_000]
    assert [one["sha256"] for one in seen] == [digest(BODY), digest(BODY), digest(BODY[:999_000])]
    assert seen[2]["headers"]["content-length"] is None


def test_stream(site: str, session: requests.Session) -> None:
    """Lines come as they are made, and in whole characters."""
    began = time.monotonic()
    with session.get(f"{site}/lines", params={"count": 5, "pause": 0.2}, stream=True) as answer:
        lines = answer.iter_lines()
        first = next(lines)
        until_first = time.monotonic() - began
        rest = list(lines)

    assert first.decode() == "line 0 ü"
    assert [one.decode() for one in rest] == [f"line {number} ü" for number in range(1, 5)]
    assert time.monotonic() - began - until_first > 0.3


def test_leaving_early(site: str, session: requests.Session) -> None:
    """After a download that was left early the session goes on."""
    with session.get(f"{site}/lines", params={"count": 1000, "pause": 0.01}, stream=True) as answer:
        next(answer.iter_content(10))

    assert session.get(f"{site}/told").json()["method"] == "GET"


def test_file(site: str, session: requests.Session) -> None:
    """A file is downloaded, and a part of it; its name is in the header."""
    whole = session.get(f"{site}/file")
    part = session.get(f"{site}/file", headers={"range": "bytes=300-309"})

    assert whole.content == FILE
    assert "filename*=utf-8''t%C3%A4gliches.bin" in whole.headers["content-disposition"]
    assert (part.status_code, part.content) == (206, FILE[300:310])
    assert part.headers["content-range"] == f"bytes 300-309/{len(FILE)}"


def test_the_rest(site: str, session: requests.Session) -> None:
    """HEAD, 304, a password, compression, and JSON that was compressed."""
    head = session.head(f"{site}/file")
    assert (head.headers["content-length"], head.content) == (str(len(FILE)), b"")
    unchanged = session.get(f"{site}/unchanged", headers={"if-none-match": '"1"'})
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    assert session.get(f"{site}/private").status_code == 401
    assert session.get(f"{site}/private", auth=("ada", "love lace")).text == "welcome"
    large = session.get(f"{site}/large")
    assert large.headers["content-encoding"] == "gzip"
    assert len(large.json()) == 30_000


def test_one_connection(site: str, session: requests.Session) -> None:
    """A session keeps to one connection, whatever the answers are."""
    for _ in range(5):
        session.get(f"{site}/told?a=1")
        session.post(f"{site}/told", data=BODY[:1000])
        session.post(f"{site}/told", json={"a": 2.50})
        session.head(f"{site}/file")
        session.get(f"{site}/unchanged", headers={"if-none-match": '"1"'})
        session.get(f"{site}/lines", params={"count": 3, "pause": 0})
        session.post(f"{site}/logout")
        session.get(f"{site}/private")

    adapter = session.adapters["http://"]
    assert isinstance(adapter, requests.adapters.HTTPAdapter)
    pools = adapter.poolmanager.pools
    pool = pools[next(iter(pools.keys()))]
    assert pool.num_connections == 1
    assert pool.num_requests == 40
