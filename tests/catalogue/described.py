"""Apps of one route, and what is found out about its arguments."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import FastAPI
from jsonschema import Draft202012Validator

from iii_asgi.catalogue.arguments import Arguments
from iii_asgi.catalogue.describe import describe
from iii_asgi.catalogue.model import Catalogue, Function
from tests.catalogue.helpers import build

__all__ = ["app_of", "arguments_of", "described", "function_of", "valid"]


def described(app: Any, **settings: Any) -> Catalogue:
    """Return the described catalogue of an app."""
    return describe(build(app, **settings))


def app_of(
    endpoint: Callable[..., Any], path: str = "/", method: str = "POST", **options: Any
) -> FastAPI:
    """Return an app of this route."""
    app = FastAPI()
    app.add_api_route(path, endpoint, methods=[method], tags=["t"], **options)
    return app


def function_of(
    endpoint: Callable[..., Any], path: str = "/", method: str = "POST", **options: Any
) -> Function:
    """Return the described function of a route."""
    catalogue = described(app_of(endpoint, path, method, **options))
    assert not [warning for warning in catalogue.warnings if "cannot be made" in warning]
    return next(one for one in catalogue.functions if one.service == "t")


def arguments_of(
    endpoint: Callable[..., Any], path: str = "/", method: str = "POST", **options: Any
) -> Arguments:
    """Return the arguments of a route."""
    arguments = function_of(endpoint, path, method, **options).arguments
    assert arguments is not None
    return arguments


def valid(schema: Any) -> Any:
    """Return a schema, checked: by the meta-schema, and by what we promise of each."""
    Draft202012Validator.check_schema(schema)
    text = str(schema)
    assert "#/components" not in text
    for name in schema.get("$defs", {}):
        assert f"#/$defs/{name}'" in text, f"{name} is not used"
    return schema
