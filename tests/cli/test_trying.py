"""Which commands a newcomer is offered."""

from __future__ import annotations

from iii_asgi.cli.trying import commands_to_try
from iii_asgi.settings import Settings
from tests.cli.catalogues import catalogue, function

DEFAULTS = Settings()
CREATE = function("teas::create", "POST", "/teas")
READ = function("teas::read", "GET", "/teas/{tea_id}")
NAMED = function("teas::named", "GET", "/named/{name}")
LIST = function("teas::list", "GET", "/teas")
HOME = function("shop::home", "GET", "/")


def test_never_a_write() -> None:
    """Where nothing only reads, nothing is offered."""
    assert commands_to_try(catalogue(CREATE), DEFAULTS, "http://engine") == []


def test_a_list_first() -> None:
    """What lists things needs no argument to be guessed."""
    offered = commands_to_try(catalogue(HOME, READ, CREATE, LIST), DEFAULTS, "http://engine")

    assert offered == ["iii-asgi call teas::list", "curl http://engine/teas"]


def test_arguments() -> None:
    """An id is likelier to exist than a name; both commands ask for the same."""
    offered = commands_to_try(catalogue(NAMED, READ), DEFAULTS, "http://engine")

    assert offered == ["iii-asgi call teas::read tea_id=1", "curl http://engine/teas/1"]


def test_internal_functions_and_apps() -> None:
    """Documentation pages and opaque apps are not what one wants to try."""
    docs = function("docs::html", "GET", "/docs", internal=True)
    static = function("static::app", "GET", "/static", kind="app")

    assert commands_to_try(catalogue(docs, static), DEFAULTS, None) == []


def test_without_http() -> None:
    """Where the HTTP address is not known, or there is no trigger, only the call is offered."""
    silent = function("teas::list", "GET", "/teas", triggers=())

    assert commands_to_try(catalogue(LIST), DEFAULTS, None) == ["iii-asgi call teas::list"]
    assert commands_to_try(catalogue(silent), DEFAULTS, "http://engine") == [
        "iii-asgi call teas::list"
    ]


def test_another_engine() -> None:
    """What is not the default is in the command, so that it works as it is printed."""
    settings = Settings(url="ws://other:1", namespace="shop", token="secret")

    assert commands_to_try(catalogue(LIST), settings, None) == [
        "iii-asgi call teas::list --url=ws://other:1 --namespace=shop"
    ]
