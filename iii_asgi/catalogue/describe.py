"""What a catalogue is registered with: the arguments and schemas of its functions.

A step of its own, since it takes the apps' OpenAPI documents, and HTTP needs none of it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

from iii_asgi.catalogue.arguments import Arguments
from iii_asgi.catalogue.formats import request_format, response_format
from iii_asgi.catalogue.model import Catalogue, Function
from iii_asgi.catalogue.openapi import Documents, Operation
from iii_asgi.catalogue.parameters import arguments_of, arguments_without_schema
from iii_asgi.catalogue.schemas import Components

__all__ = ["describe"]

_T = TypeVar("_T")


def describe(catalogue: Catalogue, known: Catalogue | None = None) -> Catalogue:
    """Return a catalogue whose functions have arguments and schemas.

    What cannot be made is left out, and the warnings say so; never does it fail. The sources
    of the functions have served then, and are left out: without them it is plain data.

    Args:
        catalogue: of an app.
        known: one of the same app that is described already; its descriptions are taken.
    """
    ready = {function.id: function for function in known.functions} if known else {}
    scribe = _Scribe()
    functions = tuple(
        _like(one, ready[one.id]) if one.id in ready else scribe.describe(one)
        for one in catalogue.functions
    )
    told = known.warnings if known else ()
    new = (*scribe.documents.warnings, *scribe.warnings)
    warnings = dict.fromkeys((*catalogue.warnings, *told, *new))
    return replace(catalogue, functions=functions, warnings=tuple(warnings))


def _like(function: Function, known: Function) -> Function:
    return replace(
        function,
        source=None,
        arguments=known.arguments,
        request_format=known.request_format,
        response_format=known.response_format,
    )


class _Scribe:
    """Describes functions one by one, and notes what it could not."""

    def __init__(self) -> None:
        self.documents = Documents()
        self.warnings: list[str] = []

    def describe(self, function: Function) -> Function:
        """Return a function with its arguments and schemas."""
        if function.kind == "app":
            return function
        operation = function.source and self._try(
            function, "map of its arguments", lambda: self._operation(function)
        )
        arguments = operation and self._try(
            function, "map of its arguments", lambda: arguments_of(operation, function)
        )
        if not operation or not arguments:
            arguments = arguments_without_schema(function)
            schema = request_format(arguments, Components({}))
            return replace(function, source=None, arguments=arguments, request_format=schema)
        return replace(
            function,
            source=None,
            arguments=arguments,
            request_format=self._try(
                function, "request_format", lambda: _request_format(arguments, operation)
            ),
            response_format=self._try(
                function, "response_format", lambda: response_format(operation)
            ),
        )

    def _operation(self, function: Function) -> Operation:
        assert function.source is not None
        return self.documents.operation(function.source, function.method)

    def _try(self, function: Function, what: str, make: Callable[[], _T]) -> _T | None:
        """Return what `make` makes. Apps and Pydantic may raise anything about their schemas."""
        try:
            return make()
        except Exception as error:
            reason = str(error).partition("\n")[0]
            self.warnings.append(
                f"{function.id}: the {what} cannot be made ({type(error).__name__}: {reason})"
            )
            return None


def _request_format(arguments: Arguments, operation: Operation) -> dict[str, Any]:
    return request_format(arguments, operation.components)
