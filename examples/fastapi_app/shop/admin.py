"""A Starlette application of its own, mounted at ``/admin``."""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from shop import __version__


async def status(request: Request) -> JSONResponse:
    """Say that the shop is up."""
    return JSONResponse({"status": "ok", "version": __version__})


async def echo(request: Request) -> JSONResponse:
    """Say a word back."""
    return JSONResponse({"word": request.path_params["word"]})


admin = Starlette(routes=[Route("/status", status), Route("/echo/{word}", echo)])
