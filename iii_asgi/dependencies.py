"""What a FastAPI route can ask for in its signature: `CurrentInvocation`."""

# No postponed annotations here: old versions of FastAPI do not resolve those of an object.
from typing import Annotated

from fastapi import Depends
from starlette.requests import HTTPConnection

from iii_asgi.invocation import Invocation, get_invocation

__all__ = ["CurrentInvocation"]


class _InvocationOfRequest:
    """The dependency. An object of ours, so that the catalogue knows it by its class.

    It gets the request, but leaves the body alone.
    """

    async def __call__(self, connection: HTTPConnection) -> Invocation | None:
        return get_invocation(connection)


CurrentInvocation = Annotated[Invocation | None, Depends(_InvocationOfRequest())]
"""The invocation that a FastAPI route serves; None under a web server or a test client.

    @app.post("/orders")
    async def create_order(order: Order, invocation: CurrentInvocation) -> Order: ...

It is no part of the route's OpenAPI description. What is not FastAPI asks `get_invocation`.
"""
