"""What kind of app an object is, told from its signature: it is never called to find out."""

from __future__ import annotations

import inspect
from typing import Any

from iii_asgi.cli.target import Target
from iii_asgi.errors import AppNotFoundError, MissingExtraError

__all__ = ["adapted", "is_asgi", "is_known_wsgi"]


def adapted(app: Any, name: str, target: Target) -> Any:
    """Return an object as an ASGI app; a WSGI app is wrapped by a2wsgi.

    Args:
        app: what the user has named.
        name: its name, for messages.
        target: says which interface it has, or ``auto``.

    Raises:
        AppNotFoundError: it is no app.
        MissingExtraError: a2wsgi is not installed.
    """
    interface = target.interface
    if interface == "auto":
        interface = _told_by_signature(app)
    if not callable(app):
        interface = ""
    if interface == "asgi":
        return app
    if interface == "wsgi":
        return _through_a2wsgi(app)
    raise AppNotFoundError(_no_app(app, name, interface, target))


def _told_by_signature(app: Any) -> str:
    """Return ``asgi``, ``wsgi``, ``asgi2``, or nothing."""
    if isinstance(app, type):
        if hasattr(app, "__await__"):  # called with all three, an instance is awaited
            return "asgi"
        return "asgi2" if _names(app) == ["scope"] else ""
    if is_known_wsgi(app) or (len(_names(app)) == 2 and not _is_coroutine(app)):
        return "wsgi"
    if _names(app) == ["scope"]:
        return "asgi2"
    # An object need not look like an app from outside, a function does.
    return "asgi" if is_asgi(app) or not inspect.isroutine(app) else ""


def is_asgi(candidate: Any) -> bool:
    """Whether an object is an ASGI app: called with scope, receive and send, and awaited."""
    if isinstance(candidate, type) or not callable(candidate) or not _is_coroutine(candidate):
        return False
    return len(_names(candidate)) == 3


def is_known_wsgi(candidate: Any) -> bool:
    """Whether an object is a WSGI app that says so: by the names that PEP 3333 uses."""
    if isinstance(candidate, type) or not callable(candidate) or _is_coroutine(candidate):
        return False
    return _names(candidate)[1:2] == ["start_response"]


def _is_coroutine(candidate: Any) -> bool:
    call = candidate if inspect.isroutine(candidate) else type(candidate).__call__
    return inspect.iscoroutinefunction(call)


def _names(candidate: Any) -> list[str]:
    """Return the names of the positional parameters; none where they cannot be known."""
    try:
        parameters = inspect.signature(candidate).parameters.values()
    except (TypeError, ValueError):
        return []
    if any(one.kind is one.VAR_POSITIONAL for one in parameters):
        return []
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return [one.name for one in parameters if one.kind in positional]


def _through_a2wsgi(app: Any) -> Any:
    try:
        from a2wsgi import WSGIMiddleware
    except ModuleNotFoundError:
        raise MissingExtraError("a2wsgi", extra="wsgi") from None
    return WSGIMiddleware(app)


def _no_app(app: Any, name: str, interface: str, target: Target) -> str:
    if interface == "asgi2":
        return (
            f"{name} is an ASGI 2 app, called with the scope alone: that is no longer served\n"
            "Wrap it:  asgiref.compatibility.guarantee_single_callable"
        )
    text = f"{name} is no ASGI or WSGI app but a {type(app).__name__}"
    if inspect.isroutine(app) and not target.factory:
        text += f"\nDoes it make the app?  {target.line(name, factory=True)}"
    return text
