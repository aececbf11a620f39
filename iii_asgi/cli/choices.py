"""The values of options that have a few: typer completes them, and takes no others."""

from __future__ import annotations

from enum import StrEnum

__all__ = [
    "BodyChoice",
    "ErrorsChoice",
    "FrontChoice",
    "HttpChoice",
    "InterfaceChoice",
    "LevelChoice",
    "LifespanChoice",
    "LoopChoice",
]


class BodyChoice(StrEnum):
    """`Settings.body`."""

    AUTO = "auto"
    EXACT = "exact"


class HttpChoice(StrEnum):
    """`Settings.http`."""

    ROUTES = "routes"
    APP = "app"
    OFF = "off"


class FrontChoice(StrEnum):
    """`FrontName` of the embedded engine."""

    BUILTIN = "builtin"
    STANDALONE = "standalone"


class InterfaceChoice(StrEnum):
    """`Target.interface`."""

    AUTO = "auto"
    ASGI = "asgi"
    WSGI = "wsgi"


class LifespanChoice(StrEnum):
    """`Settings.lifespan`."""

    AUTO = "auto"
    ON = "on"
    OFF = "off"


class ErrorsChoice(StrEnum):
    """`Settings.errors`."""

    RAISE = "raise"
    RETURN = "return"


class LoopChoice(StrEnum):
    """`process.LoopName`."""

    AUTO = "auto"
    ASYNCIO = "asyncio"
    UVLOOP = "uvloop"


class LevelChoice(StrEnum):
    """Log levels, as uvicorn names them."""

    CRITICAL = "critical"
    ERROR = "error"
    WARNING = "warning"
    INFO = "info"
    DEBUG = "debug"
