"""The settings of a bridge: argument, else environment, else default.

Whatever someone can set is read here, and checked once, so that the rooms can trust it.
"""

from __future__ import annotations

import os
import platform
import re
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal, get_args
from urllib.parse import urlsplit

from iii_asgi.errors import SettingsError

__all__ = ["FILTER", "Settings", "filter_texts", "variable_of"]

HttpMode = Literal["routes", "app", "off"]
BodyMode = Literal["auto", "exact"]
LifespanMode = Literal["auto", "on", "off"]
ErrorMode = Literal["raise", "return"]

# Names that every iii worker honours; all others are III_ASGI_<FIELD>.
_SHARED_VARIABLES = {
    "url": "III_URL",
    "token": "III_TOKEN",
    "namespace": "III_NAMESPACE",
    "name": "III_WORKER_NAME",
}


# A filter: a method or a path or both, a tag, or a function id.
FILTER = re.compile(
    r"(?:(?P<method>[A-Z]+)(?: +|$))?(?P<path>/.*)?|tag:(?P<tag>.+)|(?P<id>\S*::\S*)"
)
_FILTER_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How an app is put on iii. Build it with `resolve`, which also reads the environment.

    Attributes:
        url: WebSocket URL of the engine's worker port.
        token: sent as ``Authorization: Bearer`` to the engine.
        namespace: where the functions live on the engine.
        name: the worker's name; unique on the engine, so the default has host, pid and a few
            random digits.
        service: the ``service`` of functions whose route suggests none (default: the app's
            title).
        include: filters of the routes that are offered; all of them when empty.
        exclude: filters of the routes that are not; they win over `include`.
        http: which HTTP triggers are registered: one a route, catch-alls for the whole
            app, or none.
        prefix: put every HTTP trigger under this path on the engine (``/shop``).
        root_path: the ASGI ``root_path`` when something before the engine strips a path.
        proxy_headers: believe ``X-Forwarded-Proto`` and ``X-Forwarded-For``: only where every
            request passes a proxy that sets them.
        body: read JSON bodies from the engine's re-serialised text where the route cannot
            notice (``auto``), or always the client's own bytes (``exact``).
        lifespan: run the app's lifespan (``on``: it must have one; ``auto``: if it has).
        errors: what a direct caller gets for a 4xx or 5xx (see `iii_asgi.expose`).
        resend: send each quick answer a second time, since the engine can lose one that
            comes before it has filed the call.
        timeout_graceful_shutdown: seconds that running calls get to finish at a stop.
        access_log: log one line an invocation.
    """

    url: str = "ws://127.0.0.1:49134"
    token: str | None = None
    namespace: str = "default"
    name: str = ""
    service: str | None = None
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    http: HttpMode = "routes"
    prefix: str = ""
    root_path: str = ""
    proxy_headers: bool = False
    body: BodyMode = "auto"
    lifespan: LifespanMode = "auto"
    errors: ErrorMode = "raise"
    resend: bool = True
    timeout_graceful_shutdown: float = 8.0
    access_log: bool = True

    def __post_init__(self) -> None:
        if not self.name:
            object.__setattr__(self, "name", _default_name())
        for name in ("include", "exclude"):
            object.__setattr__(self, name, _filters(name, getattr(self, name)))
        object.__setattr__(self, "prefix", _path("prefix", self.prefix))
        object.__setattr__(self, "root_path", _path("root_path", self.root_path))
        _check_url(self.url)
        _check_choice("http", self.http, get_args(HttpMode))
        _check_choice("body", self.body, get_args(BodyMode))
        _check_choice("lifespan", self.lifespan, get_args(LifespanMode))
        _check_choice("errors", self.errors, get_args(ErrorMode))
        if not self.namespace.strip():
            raise SettingsError("namespace", "must not be blank")
        if not self.timeout_graceful_shutdown >= 0:  # so nan, too, is refused
            raise SettingsError("timeout_graceful_shutdown", "must be 0 or more seconds")

    @classmethod
    def resolve(cls, environ: Mapping[str, str] | None = None, **given: Any) -> Settings:
        """Return settings from what is given (None: not given), else `environ`, else defaults.

        Args:
            environ: the environment to read; ``os.environ`` when None.
            **given: any field of this class.

        Raises:
            SettingsError: a value cannot be used; the message names the setting, or the
                variable that it comes from.
        """
        environ = os.environ if environ is None else environ
        values = {name: value for name, value in given.items() if value is not None}
        names = [field.name for field in fields(cls) if field.name not in values]
        read = {name: text for name in names if (text := environ.get(variable_of(name)))}
        try:
            parsed = {name: _PARSERS.get(name, str)(text) for name, text in read.items()}
            return cls(**values, **parsed)
        except SettingsError as error:
            if error.setting not in read:
                raise
            raise SettingsError(variable_of(error.setting), error.problem) from None


def variable_of(setting: str) -> str:
    """Return the environment variable of a setting, e.g. ``III_URL``, ``III_ASGI_HTTP``."""
    return _SHARED_VARIABLES.get(setting) or f"III_ASGI_{setting.upper()}"


def _default_name() -> str:
    """Return a worker name that no other bridge has: not in this process, and not the one
    before it in a container, where the host and the pid are the same."""
    return f"{platform.node() or 'host'}:{os.getpid()}:{secrets.token_hex(2)}"


def _flag(setting: str) -> Callable[[str], bool]:
    words = {"1": True, "true": True, "yes": True, "on": True}
    words |= {"0": False, "false": False, "no": False, "off": False}

    def parse(text: str) -> bool:
        if (value := words.get(text.strip().lower())) is None:
            raise SettingsError(setting, f"{text!r} is neither true nor false")
        return value

    return parse


def _seconds(setting: str) -> Callable[[str], float]:
    def parse(text: str) -> float:
        try:
            return float(text)
        except ValueError:
            raise SettingsError(setting, f"{text!r} is not a number of seconds") from None

    return parse


def filter_texts(value: str | Iterable[str]) -> tuple[str, ...]:
    """Return filters one by one: a text may hold several, with commas between them."""
    texts = [value] if isinstance(value, str) else value
    return tuple(one.strip() for text in texts for one in text.split(",") if one.strip())


def _filters(setting: str, value: str | Iterable[str]) -> tuple[str, ...]:
    filters = filter_texts(value)
    for text in filters:
        parts = FILTER.fullmatch(text)
        if parts is None:
            raise SettingsError(
                setting,
                f"{text!r} is no filter: write a path (/users/*), a method (DELETE), both "
                "(DELETE /users/*), a tag (tag:internal) or a function id (users::*)",
            )
        if (method := parts["method"]) and method not in _FILTER_METHODS:
            raise SettingsError(setting, f"{method} is not one of {', '.join(_FILTER_METHODS)}")
    return filters


_PARSERS: dict[str, Callable[[str], Any]] = {
    "proxy_headers": _flag("proxy_headers"),
    "resend": _flag("resend"),
    "access_log": _flag("access_log"),
    "timeout_graceful_shutdown": _seconds("timeout_graceful_shutdown"),
}


def _check_url(url: str) -> None:
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("ws", "wss") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise SettingsError("url", f"{url!r} is not a ws:// or wss:// URL")


def _check_choice(setting: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise SettingsError(setting, f"{value!r} is not one of {', '.join(choices)}")


# The engine compares literals byte by byte, so only what every client sends as it is. A
# segment that begins with ":" or "*" would be no literal there.
_is_plain_path = re.compile(r"(/[A-Za-z0-9._~!$&'()+,;=@-]+)*").fullmatch


def _path(setting: str, value: str) -> str:
    """Return a path prefix with a leading and without a trailing slash; '' for none."""
    path = f"/{trimmed}" if (trimmed := value.strip("/")) else ""
    if not _is_plain_path(path):
        raise SettingsError(setting, f"{value!r} is not a plain path such as '/shop'")
    return path
