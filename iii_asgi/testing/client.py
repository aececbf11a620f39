"""Starlette's test client, with each request through iii."""

from __future__ import annotations

from typing import Any

from starlette.testclient import TestClient as _TestClient
from starlette.types import ASGIApp

from iii_asgi.testing.through import through_iii

__all__ = ["TestClient"]


class TestClient(_TestClient):
    """A drop-in for ``fastapi.testclient.TestClient``; `client.app` is still the app.

    Args:
        app: any ASGI app.
        strict: see `through_iii`.
        **options: of Starlette's.
    """

    def __init__(self, app: ASGIApp, *options: Any, strict: bool = False, **more: Any) -> None:
        super().__init__(app, *options, **more)
        transport: Any = self._transport
        transport.app = through_iii(self.app, strict=strict)
