"""Requests whose content-length is not that of their body: tests of a limit send such."""

from __future__ import annotations

from starlette.types import Scope

__all__ = ["announced_length", "unannounced"]


def announced_length(scope: Scope) -> int | None:
    """Return the length of the body that a request announces; None: its end tells it."""
    headers = {name.lower(): value for name, value in scope["headers"]}
    length = headers.get(b"content-length", b"0")
    return int(length) if length.isdigit() and b"transfer-encoding" not in headers else None


def unannounced(scope: Scope) -> Scope:
    """Return a request with a body whose end tells its length."""
    lines = [line for line in scope["headers"] if line[0].lower() != b"content-length"]
    return {**scope, "headers": [*lines, (b"transfer-encoding", b"chunked")]}
