"""Catalogues to show."""

from __future__ import annotations

from typing import Any

from iii_asgi.catalogue.model import Catalogue, Function, HttpTrigger, PathParameter, Skipped

__all__ = ["catalogue", "function"]


def function(id: str, method: str, path: str, **more: Any) -> Function:
    """Return a function with its trigger, as the catalogue of an app has it."""
    names = [part[1:-1] for part in path.split("/") if part.startswith("{")]
    api_path = path.replace("{", ":").replace("}", "")
    values: dict[str, Any] = {
        "kind": "route",
        "methods": (method,),
        "parameters": tuple(PathParameter(name) for name in names),
        "triggers": (HttpTrigger(f"{method}{path}", method, api_path),),
        **more,
    }
    return Function(id=id, path=path, **values)


def catalogue(*functions: Function, **more: Any) -> Catalogue:
    """Return a catalogue of a FastAPI app."""
    values: dict[str, Any] = {"title": "Tea", "framework": "FastAPI", **more}
    return Catalogue(functions, **values)


WEBSOCKET = Skipped("/ws", (), "WebSocket: no trigger of iii reaches it")
