"""The errors of iii-asgi, and the closed table of error codes.

    Error
    ├── SettingsError              a setting is wrong (wrong usage; exit code 2)
    ├── AppError                   the application cannot be served (exit code 3)
    │   ├── AppNotFoundError       no application at the name given, or its import failed
    │   ├── LifespanError          its start-up or shutdown failed
    │   └── CatalogueError         its routes contradict what was asked for
    ├── ProtocolError              a frame that the protocol does not allow
    │   ├── LocalProtocolError     ... from us: a bug here, or a call at the wrong moment
    │   └── RemoteProtocolError    ... from the peer
    ├── ConnectionLostError        the engine is away; the worker reconnects by itself
    ├── PortInUseError             a port to listen on is taken
    ├── MissingExtraError          a package of an extra is not installed
    ├── EngineRefusedError         the engine refused for good; no retry helps (exit code 4)
    └── InvocationError            a call was answered with an error
        └── InvocationTimeoutError no answer came in time

Errors carry fields; their text is made from them. An `InvocationError` that a handler
raises *is* the answer to the caller, so its message must be fit for strangers.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar

__all__ = [
    "AppError",
    "AppNotFoundError",
    "CatalogueError",
    "ConnectionLostError",
    "EngineRefusedError",
    "Error",
    "InvocationError",
    "InvocationTimeoutError",
    "LifespanError",
    "LocalProtocolError",
    "MissingExtraError",
    "PortInUseError",
    "ProtocolError",
    "RemoteProtocolError",
    "SettingsError",
    "code_for_status",
]

_CODES: Mapping[int, str] = MappingProxyType(
    {
        400: "BAD_REQUEST",
        401: "UNAUTHORIZED",
        402: "PAYMENT_REQUIRED",
        403: "FORBIDDEN",
        404: "NOT_FOUND",
        405: "METHOD_NOT_ALLOWED",
        406: "NOT_ACCEPTABLE",
        408: "REQUEST_TIMEOUT",
        409: "CONFLICT",
        410: "GONE",
        412: "PRECONDITION_FAILED",
        413: "PAYLOAD_TOO_LARGE",
        415: "UNSUPPORTED_MEDIA_TYPE",
        422: "VALIDATION_ERROR",
        423: "LOCKED",
        429: "RATE_LIMITED",
        500: "INTERNAL_ERROR",
        501: "NOT_IMPLEMENTED",
        502: "BAD_GATEWAY",
        503: "UNAVAILABLE",
        504: "TIMEOUT",
    }
)


def code_for_status(status: int) -> str:
    """Return the error code that an HTTP status of 400 and above has in a direct call.

    The table is closed: a caller may compare against it. Statuses that it does not
    name become ``HTTP_<status>``.
    """
    return _CODES.get(status) or f"HTTP_{status}"


class Error(Exception):
    """Base class of every error that iii-asgi raises.

    Attributes:
        exit_code: what a process exits with that ends for this error.
    """

    exit_code: ClassVar[int] = 1


class SettingsError(Error):
    """A setting has a value that cannot be used; the message names the setting."""

    exit_code = 2

    def __init__(self, setting: str, problem: str) -> None:
        super().__init__(f"{setting}: {problem}")
        self.setting = setting
        self.problem = problem


class AppError(Error):
    """The application cannot be served."""

    exit_code = 3


class AppNotFoundError(AppError):
    """No application could be loaded under the name given."""


class LifespanError(AppError):
    """The application's lifespan start-up or shutdown failed."""


class CatalogueError(AppError):
    """The application's routes contradict each other or what was asked for."""


class ProtocolError(Error):
    """A message that the protocol does not allow at this moment."""


class LocalProtocolError(ProtocolError):
    """We tried to send what the protocol does not allow; nothing was sent."""


class RemoteProtocolError(ProtocolError):
    """The peer sent what the protocol does not allow; the frame was dropped."""


class ConnectionLostError(Error):
    """The connection to the engine is gone, or not there yet."""


class EngineRefusedError(Error):
    """The engine refused this worker for good: trying again would not help."""

    exit_code = 4

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


class PortInUseError(Error):
    """A port that we were to listen on is taken.

    Attributes:
        port: the port.
        flag: the command-line flag that chooses another one.
    """

    def __init__(self, port: int, flag: str) -> None:
        super().__init__(f"port {port} is in use: stop what listens there, or choose with {flag}")
        self.port = port
        self.flag = flag


class MissingExtraError(Error):
    """Something needs a package of an extra; the message says how to get it.

    Attributes:
        package: what is missing.
        extra: which extra of iii-asgi brings it.
    """

    def __init__(self, package: str, extra: str = "standard") -> None:
        super().__init__(f'{package} is not installed: pip install "iii-asgi[{extra}]"')
        self.package = package
        self.extra = extra


class InvocationError(Error):
    """The error answer of a call.

    Raised by ``trigger()`` when the called function answered with an error, and raised
    by a handler to answer its own caller with one.

    Attributes:
        code: a short upper-case code, e.g. ``NOT_FOUND`` (`code_for_status`) or the
            engine's own, e.g. ``function_not_found``.
        message: one sentence for the caller.
        function_id: the function that was called, when known.
    """

    def __init__(self, code: str, message: str, *, function_id: str | None = None) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.function_id = function_id


class InvocationTimeoutError(InvocationError):
    """No answer came within the time that the caller gave."""

    def __init__(self, function_id: str, timeout: float) -> None:
        super().__init__("TIMEOUT", f"no answer within {timeout:g} s", function_id=function_id)
        self.timeout = timeout
