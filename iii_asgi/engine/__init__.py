"""The embedded engine, for development and tests."""

from iii_asgi.engine.engine import Engine

__all__ = ["Engine"]
