"""One route of Starlette or FastAPI, read into a record."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Any

from starlette.endpoints import HTTPEndpoint

from iii_asgi.catalogue.layers import is_of_framework
from iii_asgi.catalogue.model import BodyRule, Route, Source
from iii_asgi.catalogue.operations import METHODS
from iii_asgi.marks import mark_of

__all__ = ["read_route"]


def read_route(
    route: Any,
    view: Any,
    *,
    prefix: str = "",
    host: str | None = None,
    exact: bool = False,
    app: Any = None,
) -> Route:
    """Return the record of a route.

    Args:
        route: the route itself.
        view: where its attributes are to be read: the route, or what stands for it in an
            included router.
        prefix: the mounts around it.
        host: the pattern of the Host route around it.
        exact: something around it might read the body, and must get the client's own bytes.
        app: what the route belongs to.
    """
    endpoint = view.endpoint
    tags = tuple(_text(tag) for tag in getattr(view, "tags", None) or ())
    extra = getattr(view, "openapi_extra", None)
    extra = extra if isinstance(extra, Mapping) else {}
    function_id, metadata = extra.get("x-iii-function-id"), extra.get("x-iii-metadata")
    return Route(
        path=prefix + view.path,
        methods=tuple(sorted(_methods_of(view, endpoint))),
        endpoint=endpoint,
        name=view.name or "",
        tags=tags,
        operation_id=getattr(view, "operation_id", None),
        function_id=None if function_id is None else str(function_id),
        metadata=metadata if isinstance(metadata, Mapping) else None,
        description=_description_of(view, endpoint),
        internal=not getattr(view, "include_in_schema", True),
        identity=(_key(endpoint), tags, _dependencies_of(view)),
        mark=mark_of(endpoint),
        body="channel" if exact else _body_of(route, view),
        host=host,
        source=_source_of(view, app),
    )


def _source_of(view: Any, app: Any) -> Source | None:
    """Return where to read of the arguments of FastAPI's routes, custom classes of it too."""
    dependant = getattr(view, "dependant", None)
    if dependant is None:
        return None
    shown = getattr(view, "include_in_schema", True) and callable(getattr(app, "openapi", None))
    return Source(
        app=app if shown else None,
        path=view.path_format,
        route=view,
        takes_request=bool(dependant.request_param_name),
    )


def _methods_of(view: Any, endpoint: Any) -> Iterable[str]:
    methods = view.methods
    if not (inspect.isclass(endpoint) and issubclass(endpoint, HTTPEndpoint)):
        return METHODS if methods is None else methods
    handled = {one for one in (*METHODS, "OPTIONS") if hasattr(endpoint, one.lower())}
    if "GET" in handled:
        handled.add("HEAD")
    return handled if methods is None else handled.intersection(methods)


def _description_of(view: Any, endpoint: Any) -> str | None:
    given = getattr(view, "description", None) or getattr(view, "summary", None)
    return given or inspect.cleandoc(getattr(endpoint, "__doc__", None) or "") or None


def _dependencies_of(view: Any) -> tuple[object, ...]:
    """Return what tells the dependencies of two registrations of one endpoint apart."""
    return tuple(
        (_key(one.dependency), one.use_cache, tuple(getattr(one, "scopes", None) or ()))
        for one in getattr(view, "dependencies", None) or ()
    )


def _key(value: Any) -> object:
    """Return the value, or something hashable in its place."""
    try:
        hash(value)
    except TypeError:
        return id(value)
    return value


def _body_of(route: Any, view: Any) -> BodyRule:
    # A class of the user's own may read the request in its handler, and so may what somebody
    # has put around the route.
    app = getattr(view, "app", route.app)  # of an included one some versions have none
    if type(route).__module__ != "fastapi.routing" or not is_of_framework(app):
        return "channel"
    # Only here, since an app without FastAPI should not pay for its import.
    from iii_asgi.catalogue.bodies import body_rule

    return body_rule(view)


def _text(tag: Any) -> str:
    return str(tag.value if isinstance(tag, Enum) else tag)
