"""Hosts, versions, and the URLs that an app makes of them."""

from __future__ import annotations

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Host, Route, Router

from tests.conformance.case import Case, case
from tests.conformance.cases.echo import METHODS, echo
from tests.conformance.losses import HTTP_VERSION, NO_HOST

__all__ = ["CASES", "add_to"]


def add_to(app: FastAPI) -> None:
    """Add the endpoints of this theme."""

    async def urls(request: Request) -> JSONResponse:
        return JSONResponse(
            {
                "url": str(request.url),
                "base": str(request.base_url),
                "made": str(request.url_for("host_urls", name="a b-ü")),
                "hostname": request.url.hostname,
                "port": request.url.port,
                "secure": request.url.is_secure,
            }
        )

    app.router.routes.insert(
        0, Host("{sub}.tenants.example", Router([Route("/hosts/tenant", echo)]))
    )
    app.router.routes.append(Route("/hosts/echo", echo, methods=METHODS))
    app.router.routes.append(Route("/hosts/urls/{name}", urls, name="host_urls"))


CASES: list[Case] = [
    *(
        case(what, "/hosts/urls/x?a=1", lines=[f"Host: {host}"])
        for what, host in {
            "name": "example.com",
            "name and port": "example.com:8080",
            "port 80": "example.com:80",
            "IPv4": "10.1.2.3:99",
            "IPv6": "[::1]",
            "IPv6 and port": "[2001:db8::1]:8443",
            "capitals": "EXAMPLE.com",
            "underscore": "a_b.example",
            "punycode": "xn--caf-dma.example",
            "trailing dot": "example.com.",
            "port of five digits": "example.com:65535",
        }.items()
    ),
    case("empty", "/hosts/echo", lines=["Host:"], losses=[NO_HOST]),
    case("absolute form", "http://other.example:81/hosts/echo?a=1", lines=["Host: one.example"]),
    case(
        "HTTP/1.0", "/hosts/echo", lines=["Host: example.com"], version="1.0", losses=[HTTP_VERSION]
    ),
    case("HTTP/1.0 without a host", "/hosts/echo", version="1.0", losses=[HTTP_VERSION, NO_HOST]),
    case("tenant", "/hosts/tenant", lines=["Host: a.tenants.example"]),
    case("other tenant", "/hosts/tenant", lines=["Host: tenants.example"]),
    case("connection: close", "/hosts/echo", lines=["Connection: close"]),
]
