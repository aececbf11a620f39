"""What apps say of their routes: their OpenAPI documents, each made once.

``app.openapi()`` is a FastAPI app's own word, with whatever the user changed about it. Of
a route that does not stand there (a hidden one, or the app's document cannot be made) FastAPI
is asked by itself.
"""

from __future__ import annotations

import copy
import dataclasses
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from iii_asgi.catalogue.model import Source
from iii_asgi.catalogue.schemas import Components, Json, SchemaError

__all__ = ["Documents", "Operation"]


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of a document, its references to parameters and bodies resolved.

    Attributes:
        parameters: of the operation and its path.
        body: the ``requestBody``; empty without one.
        answer: the first response of 200 to 299; empty without one.
        status: of that answer: ``200``.
        security: the security schemes that it asks for.
        components: the schemas of the document.
        takes_request: the endpoint itself gets the request.
    """

    parameters: tuple[Json, ...]
    body: Json
    answer: Json
    status: str
    security: tuple[Json, ...]
    components: Components
    takes_request: bool


class _Document:
    """One OpenAPI document."""

    def __init__(self, raw: Any) -> None:
        self._raw = raw
        self._parts: Mapping[str, Any] = raw.get("components") or {}
        self.components = Components(self._parts.get("schemas") or {})

    def operation(self, source: Source, method: str) -> Operation | None:
        item = (self._raw.get("paths") or {}).get(source.path) or {}
        raw = item.get(method.lower())
        if raw is None:
            return None
        status, answer = _answer_of(raw)
        both = [*(item.get("parameters") or ()), *(raw.get("parameters") or ())]
        return Operation(
            parameters=tuple(self._resolve(one) for one in both),
            body=self._resolve(raw.get("requestBody") or {}),
            answer=self._resolve(answer),
            status=status,
            security=tuple(self._security(raw)),
            components=self.components,
            takes_request=source.takes_request,
        )

    def _security(self, raw: Json) -> Iterator[Json]:
        schemes = self._parts.get("securitySchemes") or {}
        asked = raw.get("security", self._raw.get("security")) or ()
        for name in dict.fromkeys(name for one in asked for name in one):
            if name in schemes:
                yield self._resolve(schemes[name])

    def _resolve(self, part: Json) -> Json:
        """Return a parameter, body, response or security scheme that may be a reference."""
        reference = part.get("$ref")
        if reference is None:
            return part
        _, _, kind, name = [*str(reference).split("/", 3), "", "", ""][:4]
        try:
            return dict(self._parts[kind][name])
        except (KeyError, TypeError):
            raise SchemaError(f"{reference} is not defined") from None


def _answer_of(raw: Json) -> tuple[str, Json]:
    for status, answer in (raw.get("responses") or {}).items():
        if str(status).startswith("2"):
            return str(status), answer
    return "", {}


class Documents:
    """The OpenAPI documents of an app and of the apps in it.

    Attributes:
        warnings: which of them could not be made, and why.
    """

    def __init__(self) -> None:
        self.warnings: list[str] = []
        self._made: dict[int, _Document | None] = {}

    def operation(self, source: Source, method: str) -> Operation:
        """Return what is said of a route.

        Raises:
            Exception: whatever FastAPI or the user's own code raises about it.
        """
        document = self._of(source.app) if source.app is not None else None
        found = document and document.operation(source, method)
        found = found or _Document(_alone(source.route)).operation(source, method)
        if found is None:
            raise SchemaError("its OpenAPI does not speak of it")
        return found

    def _of(self, app: Any) -> _Document | None:
        if id(app) not in self._made:
            try:
                self._made[id(app)] = _Document(_made_by(app))
            except Exception as error:
                self._made[id(app)] = None
                title = getattr(app, "title", "") or type(app).__name__
                # Of Pydantic's errors the first line says it; the others are links and advice.
                reason = str(error).partition("\n")[0]
                self.warnings.append(
                    f"the OpenAPI of {title} cannot be made ({type(error).__name__}: {reason}), "
                    "so each route is looked at by itself"
                )
        return self._made[id(app)]


def _made_by(app: Any) -> Any:
    """Return an app's document, and leave the app as it was.

    Made early and kept, the document would lack what comes later: routes, and on older
    versions the server's root path, without which the pages of a mounted app try wrong URLs.
    """
    kept = getattr(app, "openapi_schema", None)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # who opens the app's documentation sees them
            return app.openapi()
    finally:
        if kept is None and getattr(app, "openapi_schema", None) is not None:
            app.openapi_schema = None


def _alone(route: Any) -> Any:
    """Return a document of one route, hidden or not."""
    from fastapi.openapi.utils import get_openapi

    # Since 0.137.2 it is a frozen record, to which copy.copy() does not come through.
    is_record = dataclasses.is_dataclass(route) and not isinstance(route, type)
    shown: Any = dataclasses.replace(route) if is_record else copy.copy(route)
    object.__setattr__(shown, "include_in_schema", True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return get_openapi(title="", version="", routes=[shown])
