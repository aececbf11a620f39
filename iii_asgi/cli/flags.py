"""The options on the app and the engine, in the groups that several commands share."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from iii_asgi.cli.choices import (
    BodyChoice,
    ErrorsChoice,
    FrontChoice,
    HttpChoice,
    InterfaceChoice,
    LifespanChoice,
)
from iii_asgi.cli.options import described, option, setting

__all__ = [
    "CatalogueFlags",
    "EngineFlags",
    "Namespace",
    "PortFlags",
    "ServeFlags",
    "TargetFlags",
]


_app, _app_option = (partial(one, panel="App") for one in (setting, option))
_engine, _engine_option = (partial(one, panel="Engine") for one in (setting, option))
_functions = partial(setting, panel="Functions")
_http = partial(setting, panel="HTTP")
_proxy = partial(setting, panel="Proxy")
_running = partial(setting, panel="Running")
_logging = partial(setting, panel="Logging")


def _load_env_file(path: Path | None) -> Path | None:
    """Put the variables of a file into the environment; what is set already stays."""
    if path is not None:
        try:
            from dotenv import load_dotenv
        except ModuleNotFoundError:
            problem = 'needs python-dotenv: pip install "iii-asgi[standard]"'
            raise typer.BadParameter(problem) from None
        load_dotenv(path)
    return path


_APP_HELP = (
    "The app: [bold]module:attribute[/bold], [bold]module[/bold] or [bold]path/to/file.py[/bold]. "
    "Without it, [bold]entrypoint[/bold] of [bold]\\[tool.fastapi][/bold] in pyproject.toml, else "
    "the app in main.py, app.py, api.py, app/main.py, app/app.py or app/api.py."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetFlags:
    """Which app."""

    app: Annotated[
        str | None,
        typer.Argument(
            metavar="APP",
            help=described(_APP_HELP, "III_ASGI_APP"),
            envvar="III_ASGI_APP",
            show_envvar=False,
        ),
    ] = None
    factory: Annotated[
        bool,
        _app_option("factory", "APP is a function that makes the app.", "--factory"),
    ] = False
    app_dir: Annotated[
        Path,
        _app_option(
            "app_dir",
            "Look for APP in this folder, and put it on the import path.",
            default="working directory",
            exists=True,
            file_okay=False,
        ),
    ] = Path()
    interface: Annotated[
        InterfaceChoice,
        _app_option(
            "interface",
            "What APP is; a WSGI app runs through a2wsgi. auto: told from its signature.",
            default="auto",
        ),
    ] = InterfaceChoice.AUTO
    env_file: Annotated[
        Path | None,
        _app_option(
            "env_file",
            "Read environment variables from this file; what is set already stays.",
            exists=True,
            dir_okay=False,
            is_eager=True,  # other options find their variables then
            callback=_load_env_file,
        ),
    ] = None


Namespace = Annotated[
    str | None,
    _engine("namespace", "Namespace of the functions.", default="default"),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineFlags:
    """Where the engine is."""

    url: Annotated[
        str | None,
        _engine("url", "The engine's WebSocket URL for workers.", default="ws://127.0.0.1:49134"),
    ] = None
    token: Annotated[str | None, _engine("token", "Bearer token for the engine.")] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PortFlags:
    """Where the embedded engine listens, and how it serves HTTP."""

    host: Annotated[str, _engine_option("host", "Listen on this address.", default="127.0.0.1")] = (
        "127.0.0.1"
    )
    port: Annotated[
        int, _engine_option("port", "Port for workers; 0 takes a free one.", default="49134")
    ] = 49134
    http_port: Annotated[
        int, _engine_option("http_port", "Port for HTTP; 0 takes a free one.", default="3111")
    ] = 3111
    http_front: Annotated[
        FrontChoice,
        _engine_option(
            "http_front",
            "Serve HTTP as engines up to 0.23 do, or as the worker http of later ones.",
            default="builtin",
        ),
    ] = FrontChoice.BUILTIN


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueFlags:
    """What the app offers."""

    namespace: Namespace = None
    service: Annotated[
        str | None,
        _functions(
            "service",
            "Service of the functions whose route suggests none.",
            default="the app's title",
        ),
    ] = None
    include: Annotated[
        list[str] | None,
        _functions(
            "include",
            "Offer only these routes: a path (/users/*), a method (GET, GET /users/*), "
            "a tag (tag:public) or a function id (users::*); can be given several times.",
            default="all",
            metavar="<filter>",
        ),
    ] = None
    exclude: Annotated[
        list[str] | None,
        _functions(
            "exclude",
            "Leave these routes out, and let nothing from iii reach them; wins over --include.",
            metavar="<filter>",
        ),
    ] = None
    http: Annotated[
        HttpChoice | None,
        _http(
            "http",
            "HTTP triggers: one for each route, some that catch all for the whole app, or none.",
            default="routes",
        ),
    ] = None
    prefix: Annotated[
        str | None, _http("prefix", "Put every HTTP trigger under this path on the engine.")
    ] = None
    body: Annotated[
        BodyChoice | None,
        _http(
            "body",
            "Exact: each request body as the client spelled it; auto: where a route could tell.",
            default="auto",
        ),
    ] = None
    lifespan: Annotated[
        LifespanChoice | None,
        _app("lifespan", "Run the app's lifespan; auto: if it has one.", default="auto"),
    ] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ServeFlags:
    """How it is served."""

    name: Annotated[
        str | None,
        _engine("name", "The worker's name, unique on the engine.", default="host:pid"),
    ] = None
    root_path: Annotated[
        str | None,
        _proxy("root_path", "The ASGI root_path, when a proxy before the engine strips a path."),
    ] = None
    proxy_headers: Annotated[
        bool | None,
        _proxy(
            "proxy_headers",
            "Believe X-Forwarded-Proto and X-Forwarded-For: only where a proxy sets them.",
            default="no-proxy-headers",
        ),
    ] = None
    errors: Annotated[
        ErrorsChoice | None,
        _functions(
            "errors",
            "What a direct call gets for a 4xx or 5xx: an error, or it as a value.",
            default="raise",
        ),
    ] = None
    timeout_graceful_shutdown: Annotated[
        float | None,
        _running(
            "timeout_graceful_shutdown",
            "Seconds that running calls get to finish at a stop.",
            default="8, in dev 1",
            metavar="<s>",  # short: the help at 80 columns holds the variable then
        ),
    ] = None
    resend: Annotated[
        bool | None,
        _engine(
            "resend",
            "Send quick answers a second time: the engine can lose one that comes too soon.",
            default="resend",
        ),
    ] = None
    access_log: Annotated[
        bool | None,
        _logging("access_log", "Log one line a call.", default="access-log"),
    ] = None
