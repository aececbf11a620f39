"""Tests of the settings: argument, else environment, else default."""

from __future__ import annotations

import os
from dataclasses import fields
from typing import Any

import pytest

from iii_asgi.errors import SettingsError
from iii_asgi.settings import Settings, variable_of


def test_defaults() -> None:
    """Without anything given, a bridge serves on an engine on this machine."""
    settings = Settings.resolve({})
    assert settings.url == "ws://127.0.0.1:49134"
    assert settings.namespace == "default"
    assert settings.http == "routes"
    assert settings.prefix == settings.root_path == ""


def test_every_process_has_a_name_of_its_own() -> None:
    """The engine refuses a second worker of the same name, so no two bridges have one."""
    name = Settings.resolve({}).name

    assert f":{os.getpid()}:" in name
    assert name != Settings.resolve({}).name
    assert Settings.resolve({"III_WORKER_NAME": "shop"}).name == "shop"


def test_argument_before_environment_before_default() -> None:
    """What is given wins; None is not given, and an empty variable is not set."""
    environ = {"III_ASGI_SERVICE": "shop", "III_NAMESPACE": ""}
    assert Settings.resolve(environ).service == "shop"
    assert Settings.resolve(environ, service=None).service == "shop"
    assert Settings.resolve(environ, service="store").service == "store"
    assert Settings.resolve(environ).namespace == "default"


def test_own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment of the process is read when no other is given."""
    monkeypatch.setenv("III_TOKEN", "secret")
    assert Settings.resolve().token == "secret"


@pytest.mark.parametrize(
    ("setting", "variable"),
    [
        ("url", "III_URL"),
        ("token", "III_TOKEN"),
        ("namespace", "III_NAMESPACE"),
        ("name", "III_WORKER_NAME"),
        ("http", "III_ASGI_HTTP"),
        ("timeout_graceful_shutdown", "III_ASGI_TIMEOUT_GRACEFUL_SHUTDOWN"),
    ],
)
def test_variable_of(setting: str, variable: str) -> None:
    """Four variables are those of every iii worker, the others are ours."""
    assert variable_of(setting) == variable


VALUES: dict[str, tuple[str, Any]] = {
    "url": ("wss://engine.example/x?y=z", "wss://engine.example/x?y=z"),
    "token": ("t", "t"),
    "namespace": ("shop", "shop"),
    "name": ("w", "w"),
    "service": ("shop", "shop"),
    "include": ("tag:public, GET /users/*", ("tag:public", "GET /users/*")),
    "exclude": ("/admin/*,users::delete", ("/admin/*", "users::delete")),
    "http": ("app", "app"),
    "prefix": ("shop/", "/shop"),
    "root_path": ("/api/v1", "/api/v1"),
    "proxy_headers": ("true", True),
    "body": ("exact", "exact"),
    "lifespan": ("off", "off"),
    "errors": ("return", "return"),
    "resend": ("off", False),
    "timeout_graceful_shutdown": ("2.5", 2.5),
    "access_log": ("no", False),
}


@pytest.mark.parametrize("setting", [field.name for field in fields(Settings)])
def test_every_setting_has_a_variable(setting: str) -> None:
    """Whatever can be given can be set in the environment."""
    text, expected = VALUES[setting]
    assert getattr(Settings.resolve({variable_of(setting): text}), setting) == expected


@pytest.mark.parametrize("text", ["1", "true", "YES", " on "])
def test_true(text: str) -> None:
    """Flags are words."""
    assert Settings.resolve({"III_ASGI_RESEND": text}).resend is True


@pytest.mark.parametrize(
    ("given", "expected"),
    [("", ""), ("/", ""), ("shop", "/shop"), ("/shop/", "/shop"), ("/a/b-c.d~1", "/a/b-c.d~1")],
)
@pytest.mark.parametrize("setting", ["prefix", "root_path"])
def test_paths(setting: str, given: str, expected: str) -> None:
    """A path has a slash in front and none behind."""
    assert getattr(Settings.resolve({}, **{setting: given}), setting) == expected


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"url": "http://127.0.0.1:3111"}, "'http://127.0.0.1:3111' is not a ws:// or wss:// URL"),
        ({"url": "ws://"}, "is not a ws:// or wss:// URL"),
        ({"url": "ws://x:abc"}, "is not a ws:// or wss:// URL"),
        ({"url": "ws://x:0"}, "is not a ws:// or wss:// URL"),
        ({"url": "engine"}, "is not a ws:// or wss:// URL"),
        ({"namespace": " "}, "must not be blank"),
        ({"include": ["users"]}, "'users' is no filter: write a path"),
        ({"exclude": ["delete /users"]}, "'delete /users' is no filter"),
        ({"exclude": "/ok, GET/users"}, "'GET/users' is no filter"),
        ({"exclude": ["OPTIONS"]}, "OPTIONS is not one of GET, HEAD, POST"),
        ({"http": "both"}, "'both' is not one of routes, app, off"),
        ({"body": "maybe"}, "'maybe' is not one of auto, exact"),
        ({"lifespan": "maybe"}, "'maybe' is not one of auto, on, off"),
        ({"errors": "ignore"}, "'ignore' is not one of raise, return"),
        ({"timeout_graceful_shutdown": -1}, "must be 0 or more seconds"),
        ({"timeout_graceful_shutdown": float("nan")}, "must be 0 or more seconds"),
        ({"prefix": "/:shop"}, "'/:shop' is not a plain path such as '/shop'"),
        ({"prefix": "/shop?a"}, "is not a plain path"),
        ({"prefix": "/a//b"}, "is not a plain path"),
        ({"prefix": "/café"}, "is not a plain path"),
        ({"prefix": "/caf%C3%A9"}, "is not a plain path"),
        ({"prefix": "/{shop}"}, "is not a plain path"),
        ({"root_path": "/a b"}, "is not a plain path"),
        ({"root_path": "/a\n"}, "is not a plain path"),
    ],
)
def test_unusable(given: dict[str, Any], message: str) -> None:
    """A value that cannot be used is refused at once, and the setting named."""
    (setting,) = given
    with pytest.raises(SettingsError) as refused:
        Settings.resolve({}, **given)
    assert refused.value.setting == setting
    assert message in str(refused.value)


@pytest.mark.parametrize(
    ("variable", "text", "message"),
    [
        ("III_ASGI_RESEND", "perhaps", "'perhaps' is neither true nor false"),
        ("III_ASGI_TIMEOUT_GRACEFUL_SHUTDOWN", "soon", "'soon' is not a number of seconds"),
        ("III_ASGI_HTTP", "foo", "'foo' is not one of routes, app, off"),
        ("III_URL", "foo", "'foo' is not a ws:// or wss:// URL"),
    ],
)
def test_unusable_variables(variable: str, text: str, message: str) -> None:
    """A value that comes from a variable is refused as clearly, and the variable named."""
    with pytest.raises(SettingsError) as refused:
        Settings.resolve({variable: text})
    assert str(refused.value) == f"{variable}: {message}"


def test_unusable_value_beside_a_variable() -> None:
    """What was given is not blamed on the environment."""
    with pytest.raises(SettingsError) as refused:
        Settings.resolve({"III_URL": "ws://engine"}, url="foo")
    assert refused.value.setting == "url"
