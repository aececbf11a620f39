"""Tests of reading an HTTP trigger's payload and making the request of it."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw

from iii_asgi.catalogue.model import BodyRule
from iii_asgi.engine import serde
from iii_asgi.errors import InvocationError
from iii_asgi.exchange import http_trigger
from iii_asgi.exchange.http_trigger import HttpPayload, HttpTarget, MissingParameterError
from iii_asgi.protocol.messages import ChannelRef, encode
from tests.exchange.helpers import function, http_data, http_payload, invocation, scope_of
from tests.exchange.test_paths import TARGET_PATH
from tests.strategies import json_texts, json_values

# -- infer -------------------------------------------------------------------------------


def test_infer() -> None:
    """What an HTTP trigger sends is recognised, and its body left as text."""
    data = http_data(
        body={"b": 1},
        headers={"x": ["1", "2"]},
        query_params={"q": ["1", "2"]},
        path_params={"user_id": "7"},
        _caller_worker_id="w",
        of_tomorrow=[],
    )
    payload = http_trigger.infer(Raw(encode(data)))
    assert payload is not None
    assert bytes(payload.body) == b'{"b":1}'
    assert payload.headers == {"x": ["1", "2"]}
    assert payload.query_params == {"q": ["1", "2"]}
    assert payload.path_params == {"user_id": "7"}
    assert payload.caller_worker_id == "w"
    assert payload.request_body == ChannelRef("c1", "k1", "read")
    assert payload.response == ChannelRef("c2", "k2", "write")


def test_infer_without_channels() -> None:
    """Channels and body may be missing."""
    data = {k: v for k, v in http_data().items() if k not in ("body", "request_body", "response")}
    payload = http_trigger.infer(Raw(encode(data)))
    assert payload is not None
    assert (bytes(payload.body), payload.request_body, payload.response) == (b"null", None, None)


@pytest.mark.parametrize("field", ["trigger", "method", "path", "headers", "path_params"])
@pytest.mark.parametrize("value", ["absent", None, 3, {"a": 3}])
def test_infer_another_shape(field: str, value: Any) -> None:
    """Anything that lacks a part of it is a direct call."""
    data = {k: v for k, v in http_data().items() if (k, value) != (field, "absent")}
    if value != "absent":
        data[field] = value
    assert http_trigger.infer(Raw(encode(data))) is None


@pytest.mark.parametrize(
    "data",
    [
        b"null",
        b'{"trigger": "http"}',
        b'{"trigger": {"type": "http"}}',
        encode(http_data() | {"trigger": {"type": "cron", "path": "/"}}),
        b'{"a": "\xff"}',
        b'{"a": ' + b"[" * 5000,
        b"not json",
        b"",
    ],
    ids=lambda data: repr(data[:30]),
)
def test_infer_direct_calls(data: bytes) -> None:
    """Other triggers and plain arguments, `trigger` among them, are no HTTP."""
    assert http_trigger.infer(Raw(data)) is None


@given(json_values)
def test_infer_anything(data: Any) -> None:
    """No arguments of a direct call are taken for HTTP, and none raise."""
    assert http_trigger.infer(Raw(encode(data))) is None


# -- the actual path ---------------------------------------------------------------------

USERS = function("/users/{user_id}", "GET /users/:user_id", "HEAD /users/:user_id")


def test_path_of_the_built_in_front() -> None:
    """The built-in front end names the pattern, which is filled."""
    payload = http_payload("/users/:user_id", path_params={"user_id": "caf%C3%A9"})
    assert HttpTarget(USERS).path(payload) == "/users/caf%C3%A9"


def test_path_of_the_standalone_front() -> None:
    """The standalone one has the actual path, which stands as it is, doubled slashes too."""
    payload = http_payload("/users/:user_id", "/users//7/", path_params={"user_id": "7"})
    assert HttpTarget(USERS).path(payload) == "/users//7/"


def test_path_that_looks_like_its_pattern() -> None:
    """A client can send the very text of the pattern."""
    payload = http_payload("/users/:user_id", path_params={"user_id": ":user_id"})
    assert HttpTarget(USERS).path(payload) == "/users/:user_id"


def test_path_again() -> None:
    """The same trigger fires many times, for another path each time."""
    target = HttpTarget(USERS)
    for user_id in ("1", "2", "1"):
        payload = http_payload("/users/:user_id", path_params={"user_id": user_id})
        assert target.path(payload) == f"/users/{user_id}"


def test_other_parameter_names() -> None:
    """A trigger of the same shape can have other names, those of another worker."""
    payload = http_payload("/users/:id", path_params={"id": "7"})
    assert HttpTarget(USERS).path(payload) == "/users/7"


@pytest.mark.parametrize("method", ["get", "Head"])
def test_method_in_lower_case(method: str) -> None:
    """The standalone front end lets it through, and so does a server."""
    payload = http_payload(method=method, path_params={"user_id": "7"})
    assert HttpTarget(USERS).path(payload) == "/users/7"


def test_missing_parameter() -> None:
    """The engine can match a pattern and give no value (`//` in a path)."""
    with pytest.raises(MissingParameterError):
        HttpTarget(USERS).path(http_payload(path_params={}))


@pytest.mark.parametrize(
    ("actual", "expected"),
    [("/shop/users/7", "/users/7"), ("//shop/users/7", "/users/7"), (None, "/users/7")],
)
def test_prefix(actual: str | None, expected: str) -> None:
    """The app does not see the prefix that its triggers have."""
    target = HttpTarget(function("/users/{user_id}", "GET /shop/users/:user_id"), "/shop")
    payload = http_payload("/shop/users/:user_id", actual, path_params={"user_id": "7"})
    assert target.path(payload) == expected


@pytest.mark.parametrize("api_path", ["/shop", "/shop/"])
def test_prefix_alone(api_path: str) -> None:
    """The prefix alone is the app's root."""
    target = HttpTarget(function("/", f"GET {api_path}"), "/shop")
    assert target.path(http_payload(api_path)) == "/"


@pytest.mark.parametrize(
    "forged",
    [
        {"path": "/admin"},
        {"path": "/users"},
        {"path": "/users/:id/orders", "path_params": {"id": "7"}},
        {"path": "/:a/:b", "path_params": {"a": "admin", "b": "x"}},
        {"path": "users/:id", "path_params": {"id": "7"}},
        {"path": ""},
        {"path": "/users/:id", "path_params": {"id": "7"}, "method": "DELETE"},
        {"path": "/users/:id", "path_params": {"id": "7"}, "method": ""},
        {"path": "/users/:id", "path_params": {"id": "7/orders"}},
        {"path": "/users/:id", "path_params": {"id": "7?admin=1"}},
        {"path": "/users/:id", "path_params": {"id": "7#"}},
        {"path": "/users/:id", "actual": "/admin"},
        {"path": "/users/:id", "actual": "/users/7/orders"},
        {"path": "/users/:id", "actual": "/users/7?admin=1"},
        {"path": "/users/:id", "actual": "users/7"},
    ],
)
def test_forged(forged: dict[str, Any]) -> None:
    """A payload that no trigger of this function can send is refused, with a way out."""
    with pytest.raises(InvocationError) as refused:
        HttpTarget(USERS).path(http_payload(**forged))
    assert refused.value.code == "BAD_REQUEST"
    assert "no HTTP trigger of users::get" in refused.value.message or (
        "one segment" in refused.value.message
    )


@pytest.mark.parametrize("slash", ["%2F", "%2f"])
def test_encoded_slash(slash: str) -> None:
    """A slash in a value would be one for the app's router: it must fit another trigger."""
    one = HttpTarget(function("/{slug}", "GET /:slug"))
    for payload in (
        http_payload("/:slug", path_params={"slug": f"admin{slash}users"}),
        http_payload("/:slug", f"/admin{slash}users"),
    ):
        with pytest.raises(MissingParameterError):
            one.path(payload)
    files = function("/f/{rest:path}", "POST /f/:a/:b", "GET /f/:a", "GET /f/:a/:b")
    payload = http_payload("/f/:a", path_params={"a": f"x{slash}y"})
    assert HttpTarget(files).path(payload) == f"/f/x{slash}y"


def test_encoded_slash_under_a_literal() -> None:
    """The literals of the trigger that is fitted count too."""
    both = HttpTarget(function("/{x}", "GET /:x", "GET /users/:x"))
    assert both.path(http_payload("/:x", "/users%2F7")) == "/users%2F7"
    with pytest.raises(MissingParameterError):
        both.path(http_payload("/:x", "/admin%2F7"))


def test_other_escapes() -> None:
    """Nothing else that is encoded changes the shape."""
    payload = http_payload(path_params={"user_id": "a%20b%23%3F%2E"})
    assert HttpTarget(USERS).path(payload) == "/users/a%20b%23%3F%2E"


def test_forged_spellings_do_not_fill_the_memory() -> None:
    """Names that are made up are served, and not all remembered."""
    target = HttpTarget(USERS)
    for number in range(200):
        payload = http_payload(f"/users/:p{number}", path_params={f"p{number}": "7"})
        assert target.path(payload) == "/users/7"
    assert len(target._known) < 100


SEGMENT = st.sampled_from(["users", "admin", ":id", ":x", "", ".", "..", "%2F", "a/b", "?", "#x"])
PATH = st.lists(SEGMENT | st.text(max_size=3), max_size=5).map("/".join)


@given(
    method=st.sampled_from(["GET", "POST", "get", "PATCH", "G\nET"]) | st.text(max_size=4),
    path=st.sampled_from(["/users/:id", "/:x/users/:id", "/"]) | PATH,
    actual=st.none() | PATH,
    values=st.dictionaries(
        st.sampled_from(["id", "x"]), PATH | st.text() | st.sampled_from(["7", "a%2Fb"])
    ),
)
def test_any_forgery(method: str, path: str, actual: str | None, values: dict[str, str]) -> None:
    """Whatever is forged, the app gets no path outside of what this function's triggers reach."""
    target = HttpTarget(function("/", "GET /users/:id", "PATCH /:x/users/:id", "GET /"))
    payload = http_payload(path, actual, method=method, path_params=values)
    try:
        found = target.path(payload)
    except (InvocationError, MissingParameterError):
        return
    assert TARGET_PATH(found)
    decoded = found.replace("%2F", "/").replace("%2f", "/")
    segments = [segment for segment in decoded.split("/") if segment]
    if method.upper() == "GET":
        assert segments == [] or (len(segments) == 2 and segments[0] == "users")
    else:
        assert method.upper() == "PATCH"
        assert len(segments) == 3
        assert segments[1] == "users"


# -- request -----------------------------------------------------------------------------


def scope_from(payload: HttpPayload, path: str = "/users/7", **trace: str) -> dict[str, Any]:
    """Return the scope that an app gets of a payload."""
    body = httpx.ByteStream(b"")
    return scope_of(http_trigger.request(payload, path, invocation(**trace), body))


def test_request() -> None:
    """The app gets method, path, query and headers as the client sent them."""
    payload = http_payload(
        method="PATCH",
        headers={"host": "shop.example:8080", "connection": "close", "x-city": "Zürich"},
        query_params={"q": "a b", "tag": ["x", "y"]},
    )
    scope = scope_from(payload, "/users/caf%C3%A9")
    assert scope["method"] == "PATCH"
    assert scope["path"] == "/users/café"
    assert scope["raw_path"] == b"/users/caf%C3%A9"
    assert scope["query_string"] == b"q=a+b&tag=x&tag=y"
    assert scope["headers"] == [(b"host", b"shop.example:8080"), (b"x-city", "Zürich".encode())]
    assert scope["scheme"] == "http"
    assert scope["client"] is None


def test_request_without_query() -> None:
    """Without parameters there is no query, and no question mark."""
    request = http_trigger.request(http_payload(), "/", invocation(), httpx.ByteStream(b""))
    assert request.extensions["target"] == b"/"


@given(
    value=st.text(min_size=1),
    query=st.dictionaries(st.text(), st.text() | st.lists(st.text()), max_size=3),
)
def test_target_is_ascii(value: str, query: dict[str, Any]) -> None:
    """The target is what stands on a request line: ASCII without spaces."""
    payload = http_payload("/users/:id", path_params={"id": value}, query_params=query)
    try:
        path = HttpTarget(USERS).path(payload)
    except (InvocationError, MissingParameterError):
        return
    request = http_trigger.request(payload, path, invocation(), httpx.ByteStream(b""))
    target = request.extensions["target"]
    assert isinstance(target, bytes)
    assert TARGET_PATH(target.decode("ascii").partition("?")[0])
    assert not set(target) & set(b" \r\n#\0")


@pytest.mark.parametrize("forged", [{"x\r\ny": "1"}, {"x": "1\r\ny: 2"}, {"x": ["1", "2\n"]}])
def test_forged_headers(forged: dict[str, Any]) -> None:
    """A header that would be two lines does not reach the app."""
    with pytest.raises(InvocationError) as refused:
        scope_from(http_payload(headers=forged))
    assert refused.value.code == "BAD_REQUEST"


@pytest.mark.parametrize(
    ("host", "server"),
    [
        ("shop.example", ("shop.example", 80)),
        ("shop.example:8080", ("shop.example", 8080)),
        ("[::1]:3111", ("[::1]", 3111)),
        ("[::1]", ("[::1]", 80)),
        ("x:abc", ("x:abc", 80)),
        ("x:1234567890", ("x:1234567890", 80)),
        ("", None),
        (["a", "b"], None),
    ],
)
def test_server(host: Any, server: Any) -> None:
    """The server in the scope is the host that the client asked for."""
    assert scope_from(http_payload(headers={"host": host}))["server"] == server


def test_no_host() -> None:
    """Without a Host header the server is unknown."""
    assert scope_from(http_payload(headers={}))["server"] is None


def test_trace_context() -> None:
    """The trace context of the invocation is a header where the request has none."""
    trace = {"traceparent": "00-ab", "baggage": "k=v"}
    added = scope_from(http_payload(headers={}), **trace)["headers"]
    assert added == [(b"traceparent", b"00-ab"), (b"baggage", b"k=v")]
    own = {"traceparent": "00-own", "baggage": "own=1"}
    assert scope_from(http_payload(headers=own), **trace)["headers"] == [
        (b"traceparent", b"00-own"),
        (b"baggage", b"own=1"),
    ]


# -- the request's body ------------------------------------------------------------------

JSON = {"content-type": "application/json", "content-length": "9"}
CHANNEL = ChannelRef("c1", "k1", "read")


@pytest.mark.parametrize("rule", ["inline", "channel", "inline_if_same_length"])
@pytest.mark.parametrize("headers", [{}, {"content-length": "0"}, {"content-type": "text/plain"}])
def test_no_body(headers: dict[str, str], rule: BodyRule) -> None:
    """An empty body is known to be empty without a channel: on one front end it never closes."""
    assert http_trigger.body_of(http_payload(headers=headers), rule) == b""


@pytest.mark.parametrize(
    ("headers", "body", "rule", "expected"),
    [
        (JSON, {"a": 1}, "inline", b'{"a":1}'),
        (JSON, {"a": 1}, "channel", CHANNEL),
        (JSON, {"a": 1}, "inline_if_same_length", CHANNEL),
        (JSON | {"content-length": "7"}, {"a": 1}, "inline_if_same_length", b'{"a":1}'),
        (JSON | {"content-length": "7"}, {"a": 1}, "channel", CHANNEL),
        (JSON | {"content-length": ["7"]}, {"a": 1}, "inline_if_same_length", CHANNEL),
        (JSON | {"content-length": "no"}, {"a": 1}, "inline", CHANNEL),
        (JSON, None, "inline", CHANNEL),
        (JSON | {"content-type": "Application/JSON; charset=utf-8"}, [], "inline", b"[]"),
        (JSON | {"content-type": "application/jsonx"}, [], "inline", CHANNEL),
        (JSON | {"content-type": "text/plain"}, 42, "inline", CHANNEL),
        ({"content-length": "2"}, 42, "inline", CHANNEL),
        (JSON | {"content-type": ["application/json"]}, [], "inline", CHANNEL),
        ({"transfer-encoding": "chunked"}, None, "channel", CHANNEL),
        (
            {"transfer-encoding": "chunked", "content-type": JSON["content-type"]},
            [],
            "inline",
            CHANNEL,
        ),
    ],
)
def test_body(headers: dict[str, Any], body: Any, rule: BodyRule, expected: Any) -> None:
    """The inline body serves where the route may have it and it is the client's JSON."""
    payload = http_payload(headers=headers, body=body)
    assert http_trigger.body_of(payload, rule) == expected


def body_of(sent: str, rule: BodyRule) -> bytes | ChannelRef:
    """Return where the body of a client is, once the engine has re-written it."""
    text = sent.encode()
    try:
        body = serde.rewrite(text)
    except ValueError:
        body = Raw(b"null")
    headers = JSON | {"content-length": str(len(text))}
    return http_trigger.body_of(http_payload(headers=headers, body=body), rule)


@pytest.mark.parametrize(
    ("sent", "inline"),
    [
        ('{"b":"\\u00e9", "a":[true,12,null]}', True),
        ('{"a":18446744073709551615}', True),
        ('{"a":18446744073709551616}', False),
        ('{"a":-0}', False),
        ('{"a":2.5}', False),
        ('{"a":1e2}', False),
        ("1e2", False),
        ('{"a":NaN}', False),
        ("{no json", False),
    ],
)
def test_inline(sent: str, inline: bool) -> None:
    """A text without fractions is the client's; where there is one, it might be another."""
    assert isinstance(body_of(sent, "inline"), bytes) is inline


@pytest.mark.parametrize(
    ("sent", "inline"),
    [
        ('{"b":2.5,"a":[-1,0.05,0.0,1234567.25,"2024-05-01T10:00:00.5"]}', True),
        ('{"b":2.50}', False),
        ('{"a": 1}', False),
        ('{"a":1,"a":2}', False),
        ('{"a":"\\u00e9"}', False),
        ('{"a":1234567890.123456}', False),
        ('{"a":1234567890123456}', False),
        ('{"a":1e25}', False),
        # As long as the client's, and yet another number.
        ('{"a":  -0}', False),
        ('{"a": 10000000000000000000000,"b":1e9,"c":1e9}', False),
        ('{"a":0.30000000000000004,"b":1e13,"c":1e5}', False),
    ],
)
def test_same_length(sent: str, inline: bool) -> None:
    """A text with numbers is the client's when it is as long, and no number is suspicious."""
    assert isinstance(body_of(sent, "inline_if_same_length"), bytes) is inline


@pytest.mark.parametrize("rule", ["inline", "inline_if_same_length"])
@given(sent=json_texts)
def test_inline_is_exact(sent: str, rule: BodyRule) -> None:
    """An inline body has the client's values to the last bit, if with its keys sorted."""
    body = body_of(sent, rule)
    if isinstance(body, bytes):
        assert repr(ordered(json.loads(body))) == repr(ordered(json.loads(sent)))


def ordered(value: Any) -> Any:
    """Return a value with the keys of its objects sorted."""
    if isinstance(value, dict):
        return {key: ordered(value[key]) for key in sorted(value)}
    return [ordered(item) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize(("body", "expected"), [({"a": 1}, b'{"a":1}'), (None, b"")])
def test_body_without_a_channel(body: Any, expected: bytes) -> None:
    """Where no channel came, the inline body is all there is."""
    payload = http_payload(headers=JSON, body=body, request_body=None)
    assert http_trigger.body_of(payload, "channel") == expected


def test_trace() -> None:
    """The client's own trace context is known; repeated lines are none."""
    payload = http_payload(headers={"traceparent": "00-1", "baggage": ["a=1", "b=2"]})
    assert http_trigger.trace_of(payload) == ("00-1", None)


def test_exchange_is_whole() -> None:
    """One module has all that an HTTP trigger's exchange needs."""
    result = http_trigger.text_result(404, "Not Found")
    assert json.loads(result.body) == {"detail": "Not Found"}
