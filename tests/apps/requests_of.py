"""What clients ask of the Flask, Quart and Litestar sites, which have the same paths."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeAlias

__all__ = ["LARGE", "REQUESTS", "Asked"]

Asked: TypeAlias = tuple[str, str, dict[str, Any]]

LARGE = bytes(range(256)) * 4096 * 5
"""More than 5 MB."""


class _Pieces:
    """A body of unknown length, which can be sent more than once."""

    def __iter__(self) -> Iterator[bytes]:
        yield LARGE[:100_000]
        yield b"end"


_FORM = {"data": {"text": "grüße"}, "files": {"file": ("täg.bin", LARGE[:300_000], "image/png")}}

REQUESTS: list[Asked] = [
    ("GET", "/", {}),
    ("GET", "/?q=%C3%BC%26", {}),
    ("HEAD", "/", {}),
    ("GET", "/hello/W%C3%B6rld%20!", {}),
    ("GET", "/hello/a%2Bb;c=d,e@f:g", {}),
    ("GET", "/nowhere", {}),
    ("GET", "/nowhere/at/all/of/it/", {}),
    ("DELETE", "/", {}),
    ("PATCH", "/cookies", {}),
    ("PUT", "/files/large.bin", {"content": LARGE}),
    ("PUT", "/files/chunked.bin", {"content": _Pieces()}),
    ("PUT", "/files/empty.bin", {"content": b""}),
    ("POST", "/form", _FORM),
    ("POST", "/form", {"content": b"nonsense", "headers": {"content-type": "multipart/form-data"}}),
    ("GET", "/stream", {}),
    ("GET", "/stream", {"headers": {"accept-encoding": "gzip"}}),
    ("GET", "/cookies", {}),
    ("GET", "/fail", {}),
    ("GET", "/slash", {}),
    ("GET", "/slash/", {}),
]
