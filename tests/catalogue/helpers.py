"""What several tests of the catalogue use."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from iii_asgi.catalogue.build import build_catalogue
from iii_asgi.catalogue.model import Catalogue, Route
from iii_asgi.settings import Settings

__all__ = ["build", "endpoint", "ids", "route", "triggers_of"]


def endpoint(name: str) -> Callable[..., Any]:
    """Return a new endpoint of that name."""

    def call() -> None: ...

    call.__name__ = name
    return call


def route(path: str, name: str = "call", *methods: str, **given: Any) -> Route:
    """Return the record of a route with an endpoint of that name (GET without methods)."""
    values = {"endpoint": endpoint(name), "name": name, **given}
    values.setdefault("identity", (values["endpoint"], values.get("tags", ())))
    return Route(path=path, methods=tuple(sorted(methods)) or ("GET",), **values)


def build(app: Any, **given: Any) -> Catalogue:
    """Return the catalogue of an app, with these settings."""
    return build_catalogue(app, settings=Settings(**given))


def ids(catalogue: Catalogue, *, internal: bool = False) -> dict[str, str]:
    """Return ``METHOD path`` → id of the functions, without FastAPI's own pages."""
    return {
        f"{function.method} {function.path}": function.id
        for function in catalogue.functions
        if internal or not function.internal
    }


def triggers_of(catalogue: Catalogue) -> Mapping[str, str]:
    """Return ``METHOD api_path`` → id of the function that it calls."""
    return {
        f"{trigger.method} {trigger.api_path}": function.id
        for function in catalogue.functions
        for trigger in function.triggers
    }
