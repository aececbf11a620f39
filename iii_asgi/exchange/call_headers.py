"""The headers and cookies of a direct call: ``$headers``, ``$cookies``, and arguments."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from http.cookies import SimpleCookie
from typing import Any

from iii_asgi.catalogue.arguments import Argument
from iii_asgi.errors import InvocationError
from iii_asgi.exchange import wire_http
from iii_asgi.exchange.texts import several
from iii_asgi.exchange.wire_http import HeaderLines

__all__ = ["cookie_line", "header_lines", "read_cookies", "read_headers"]

_is_token = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+").fullmatch
# RFC 6265 section 4.1.1; all else is quoted, as Python and so Starlette undo it.
_is_cookie_value = re.compile(r"[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*").fullmatch
_has_controls = re.compile(r"[\x00-\x1f\x7f]").search


def read_headers(given: Any) -> HeaderLines:
    """Return the header lines that ``$headers`` asks for.

    The content-length is the body's own, and what belongs to a connection is dropped.

    Raises:
        InvocationError: it is no object of names and texts, or HTTP cannot carry one; the
            message names it.
    """
    if not isinstance(given, dict):
        raise InvocationError("BAD_REQUEST", "$headers is an object of header names and values")
    lines: HeaderLines = []
    for name, value in given.items():
        if name.lower() != "content-length":
            label = f"$headers.{name}"
            lines += header_lines(label, name, several(Argument(label, "header", name), value))
    return lines


def header_lines(label: str, name: str, values: Iterable[str]) -> HeaderLines:
    """Return a line for each value of a header.

    Raises:
        InvocationError: HTTP cannot carry it; the message begins with `label`.
    """
    lines: HeaderLines = []
    for value in values:
        if wire_http.header_value(value) is None:
            raise InvocationError("BAD_REQUEST", f"{label} must not contain a line break")
        lines += wire_http.encode_headers({name: value})
    return lines


def read_cookies(given: Any) -> list[tuple[str, str]]:
    """Return the cookies that ``$cookies`` asks for.

    Raises:
        InvocationError: it is no object of names and texts.
    """
    if not isinstance(given, dict):
        raise InvocationError("BAD_REQUEST", "$cookies is an object of cookie names and values")
    return [
        (name, text)
        for name, value in given.items()
        for text in several(Argument(f"$cookies.{name}", "cookie", name), value)
    ]


def cookie_line(cookies: Iterable[tuple[str, str]]) -> bytes:
    """Return the value of a cookie header.

    Raises:
        InvocationError: a cookie that no header can carry.
    """
    return "; ".join(_cookies(cookies)).encode()


def _cookies(cookies: Iterable[tuple[str, str]]) -> Iterator[str]:
    for name, value in cookies:
        if not _is_token(name):
            raise InvocationError("BAD_REQUEST", f"{name!r} cannot be the name of a cookie")
        if _has_controls(value):
            raise InvocationError(
                "BAD_REQUEST", f"cookie {name} must not contain control characters"
            )
        text = value if _is_cookie_value(value) else SimpleCookie().value_encode(value)[1]
        yield f"{name}={text}"
