"""Tests of turning plain arguments into a request."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw
from starlette.datastructures import QueryParams

from iii_asgi.catalogue.arguments import Argument, Arguments, Body
from iii_asgi.catalogue.model import Function
from iii_asgi.errors import InvocationError
from iii_asgi.exchange import direct_call
from iii_asgi.exchange.call import Call
from iii_asgi.exchange.direct_call import DirectTarget
from iii_asgi.protocol.messages import ChannelRef, encode
from tests.exchange.helpers import app_function, function, invocation, scope_of
from tests.exchange.test_paths import TARGET_PATH
from tests.strategies import json_values

GET = function("/users/{user_id}")
LIST = function("/users")
POST = function("/users/{user_id}/orders", methods=("POST",))
CREATE = function("/users", methods=("POST",))
APP = app_function("/static/{path:path}")


def call(target: Function, arguments: Any) -> Call:
    """Read a call of a function."""
    return DirectTarget(target).call(arguments)


def http(target: Function, **envelope: Any) -> Call:
    """Read a call of a function in the words of HTTP."""
    return call(target, {"$http": envelope})


def refusal(target: Function, arguments: Any) -> str:
    """Return the message for a call that cannot be made."""
    with pytest.raises(InvocationError) as refused:
        call(target, arguments)
    assert refused.value.code == "BAD_REQUEST"
    return refused.value.message


# -- infer -------------------------------------------------------------------------------


@given(json_values)
def test_infer(data: Any) -> None:
    """Every JSON value is the arguments of a call."""
    assert direct_call.infer(Raw(encode(data))) == (data, None)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"a": 1, "_caller_worker_id": "w"}, ({"a": 1}, "w")),
        ({"_caller_worker_id": 3}, ({}, None)),
        ([{"_caller_worker_id": "w"}], ([{"_caller_worker_id": "w"}], None)),
    ],
)
def test_caller(data: Any, expected: Any) -> None:
    """The id of the calling worker, which the engine adds, is no argument."""
    assert direct_call.infer(Raw(encode(data))) == expected


@pytest.mark.parametrize("data", [b"", b"{", b'"\xff"', b"[" * 5000, b"1e999"])
def test_infer_unreadable(data: bytes) -> None:
    """Data that cannot be read is an error that says nothing of how it was tried."""
    with pytest.raises(InvocationError) as refused:
        direct_call.infer(Raw(data))
    assert refused.value.code == "BAD_REQUEST"
    assert refused.value.message == "the data of the call is no readable JSON"


# -- flat arguments ----------------------------------------------------------------------


@pytest.mark.parametrize("method", ["GET", "HEAD", "DELETE"])
def test_rest_is_the_query(method: str) -> None:
    """Without a body, what is not in the path is the query; null is absent, lists repeat."""
    arguments = {"user_id": 7, "q": "a b", "tag": ["x", None, 1], "on": True, "none": None}
    found = call(function("/users/{user_id}", methods=(method,)), arguments)
    assert found == Call(
        method=method,
        target="/users/7?q=a+b&tag=x&tag=1&on=true",
        host=b"localhost",
    )


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
def test_rest_is_the_body(method: str) -> None:
    """With a body, what is not in the path is a JSON object, null and all."""
    target = function("/users/{user_id}/orders", methods=(method,))
    found = call(target, {"user_id": 7, "item": "tea", "note": None, "tags": [{"a": 1}]})
    assert (found.method, found.target) == (method, "/users/7/orders")
    assert found.body == b'{"item":"tea","note":null,"tags":[{"a":1}]}'
    assert found.headers == [(b"content-type", b"application/json")]


@pytest.mark.parametrize("arguments", [None, {}])
def test_no_arguments(arguments: Any) -> None:
    """Null is no arguments."""
    assert call(LIST, arguments).target == "/users"
    assert call(CREATE, arguments).body == b"{}"


@pytest.mark.parametrize("value", [[1, 2], [], "text", 3, True, 2.5])
def test_whole_body(value: Any) -> None:
    """A list, a string or a number is the whole body."""
    assert json.loads(call(CREATE, value).body or b"") == value


def test_arguments_are_left_alone() -> None:
    """The caller's arguments are not changed."""
    arguments = {"user_id": 7, "q": 1}
    call(GET, arguments)
    assert arguments == {"user_id": 7, "q": 1}


def test_first_method_is_called() -> None:
    """A function of GET and HEAD is called with GET."""
    assert call(function("/", methods=("GET", "HEAD")), None).method == "GET"


@pytest.mark.parametrize(
    ("target", "arguments", "message"),
    [
        (GET, {}, "argument user_id is missing (the path takes user_id)"),
        (GET, None, "argument user_id is missing (the path takes user_id)"),
        (POST, [1], "argument user_id is missing (the path takes user_id)"),
        (LIST, [1], "this function takes named arguments: send a JSON object"),
        (LIST, {"q": {"a": 1}}, "argument q is text, a number or a list of them"),
        (LIST, {"q": [[1]]}, "argument q is text, a number or a list of them"),
        (LIST, {"$body": 1}, "this function takes named arguments: send a JSON object"),
        (CREATE, {"$body": 1, "a": 2}, "$body is all of the body: a too?"),
        (CREATE, {"$headers": [1]}, "$headers is an object of header names and values"),
        (CREATE, {"$headers": {"X-A": "1\r\nx: y"}}, "$headers.X-A must not contain a line break"),
        (CREATE, {"$headers": {"X A": "1"}}, "'X A' cannot be the name of a header"),
        (CREATE, {"$cookies": "a=b"}, "$cookies is an object of cookie names and values"),
        (CREATE, {"$cookies": {"a": "1\n"}}, "cookie a must not contain control characters"),
        (CREATE, {"$cookies": {"a;b": "1"}}, "'a;b' cannot be the name of a cookie"),
        (CREATE, {"$response": {}}, "$response is the reference of a channel"),
        (
            CREATE,
            {"$response": {"channel_id": "c", "access_key": "k", "direction": "read"}},
            "$response is the end of a channel with the direction 'write'",
        ),
    ],
)
def test_refusals(target: Function, arguments: Any, message: str) -> None:
    """Arguments that do not fit are refused before the app is called, and named."""
    assert refusal(target, arguments) == message


@given(json_values)
def test_any_arguments(arguments: Any) -> None:
    """Whatever the arguments, they are a call of this path or a refusal."""
    for target in (GET, POST, LIST, CREATE, APP):
        with suppress(InvocationError):
            found = call(target, arguments)
            assert TARGET_PATH(found.target.partition("?")[0])
            assert found.method == target.method


@given(
    user_id=st.text(),
    query=st.dictionaries(
        st.text().filter(lambda name: name not in ("user_id", "$http")), st.text()
    ),
)
def test_arguments_stay_in_their_place(user_id: str, query: dict[str, str]) -> None:
    """No value becomes a part of another one's place: path, query and method are as meant."""
    try:
        found = call(GET, {"user_id": user_id, **query})
    except InvocationError:
        return
    scope = scope_of(found.request(invocation()))
    assert scope["path"] == f"/users/{user_id}"
    assert scope["path"].count("/") == 2
    assert QueryParams(scope["query_string"]).multi_items() == list(query.items())


# -- reserved arguments ------------------------------------------------------------------

WRITE = {"channel_id": "c", "access_key": "k", "direction": "write"}


def test_headers_and_cookies() -> None:
    """Headers and cookies stand beside the arguments."""
    found = call(
        LIST,
        {"q": 1, "$headers": {"Authorization": "Bearer x"}, "$cookies": {"sid": "1", "b": "x y"}},
    )
    assert found.target == "/users?q=1"
    assert found.headers == [(b"authorization", b"Bearer x"), (b"cookie", b'sid=1; b="x y"')]


@pytest.mark.parametrize("name", ["$headers", "$cookies", "$response"])
def test_reserved_null(name: str) -> None:
    """A reserved argument that is null is absent."""
    assert call(LIST, {name: None}) == call(LIST, {})


def test_content_type_of_the_caller() -> None:
    """A caller may say what his JSON is."""
    found = call(CREATE, {"a": 1, "$headers": {"content-type": "application/merge-patch+json"}})
    assert found.headers == [(b"content-type", b"application/merge-patch+json")]


def test_response() -> None:
    """The answer is to go into the channel that stands in $response, for $http as well."""
    ref = ChannelRef("c", "k", "write")
    assert call(LIST, {"$response": WRITE}).response == ref
    found = call(LIST, {"$http": {}, "$response": WRITE})
    assert (found.response, found.wants_http) == (ref, True)


def test_arguments_that_are_headers() -> None:
    """A header is an argument or stands in $headers, not both; cookies likewise."""
    arguments = Arguments((Argument("x-a", "header", "x-a"), Argument("sid", "cookie", "sid")))
    target = function("/", arguments=arguments)
    assert call(target, {"x-a": 1, "sid": 2, "$cookies": {"b": 3}}).headers == [
        (b"x-a", b"1"),
        (b"cookie", b"sid=2; b=3"),
    ]
    both = {"x-a": 1, "$headers": {"X-A": "2"}}
    assert refusal(target, both) == "$headers.x-a is given elsewhere, too"
    both = {"sid": 1, "$headers": {"Cookie": "sid=2"}}
    assert refusal(target, both) == "$headers.cookie is given elsewhere, too"


def test_content_type_of_a_form() -> None:
    """A form with files has a type of its own."""
    upload = Argument("f", "field", "f", is_file=True)
    body = Body("multipart", "multipart/form-data", fields=(upload,))
    target = function("/", methods=("POST",), arguments=Arguments(body=body))
    file = {"f": {"base64": ""}, "$headers": {"content-type": "multipart/form-data; boundary=x"}}
    assert refusal(target, file) == "$headers.content-type is the form's own"


def test_file_by_channel() -> None:
    """What comes by channel has no length, and is no body yet."""
    upload = Argument("f", "field", "f", is_file=True)
    body = Body("multipart", "multipart/form-data", fields=(upload,))
    target = function("/", methods=("POST",), arguments=Arguments(body=body))
    found = call(target, {"f": WRITE | {"direction": "read"}})
    assert found.body is None
    assert ChannelRef("c", "k", "read") in found.pieces
    request = found.request(invocation(), httpx.ByteStream(b"later"))
    assert not [name for name, _ in scope_of(request)["headers"] if name == b"content-length"]


def test_too_deep() -> None:
    """Arguments that are nested too deeply are refused."""
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    assert refusal(CREATE, {"a": deep}) == "the arguments are nested too deeply"
    while deep:  # its own end would recurse, too
        deep = deep.pop()


# -- in the words of HTTP ----------------------------------------------------------------


def test_http() -> None:
    """The envelope says where everything goes, and the answer is one as well."""
    found = http(
        POST,
        path_params={"user_id": 7},
        query_params={"dry": True, "tag": ["a", "b"]},
        headers={"Authorization": "Bearer x"},
        body={"item": "tea"},
    )
    assert found == Call(
        method="POST",
        target="/users/7/orders?dry=true&tag=a&tag=b",
        host=b"localhost",
        headers=[(b"authorization", b"Bearer x"), (b"content-type", b"application/json")],
        pieces=(b'{"item":"tea"}',),
        wants_http=True,
    )


def test_http_without_a_body() -> None:
    """A body is not sent unless there is one."""
    assert http(CREATE).body == b""
    assert http(CREATE).headers == []


def test_http_own_content_type() -> None:
    """A content-type of the caller's stands."""
    found = http(CREATE, headers={"Content-Type": "text/csv"}, body="a,b")
    assert (found.headers, found.body) == ([(b"content-type", b"text/csv")], b"a,b")


@pytest.mark.parametrize(
    ("target", "envelope", "message"),
    [
        (GET, {}, "argument user_id is missing (the path takes user_id)"),
        (GET, {"path": "/admin"}, "$http: method and path are the route's own; use path_params"),
        (GET, {"method": "POST"}, "$http: method and path are the route's own; use path_params"),
        (GET, {"path_params": {"user_id": 1, "id": 2}}, "$http: no path parameter id"),
        (LIST, {"query_params": {"q": {}}}, "argument q is text, a number or a list of them"),
        (APP, {"method": "TRACE", "path": "/static/a"}, "$http: method is one of GET, POST"),
    ],
)
def test_http_refusals(target: Function, envelope: dict[str, Any], message: str) -> None:
    """What the envelope cannot say is refused."""
    assert refusal(target, {"$http": envelope}) == message


# -- whole apps --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("/static", "/static"),
        ("/static/", "/static/"),
        ("/static/a%20b.css", "/static/a%20b.css"),
        ("/static/a b é.css", "/static/a%20b%20%C3%A9.css"),
        ("/static/a%3Fb", "/static/a%3Fb"),
        ("/static/x\r\ny", "/static/x%0D%0Ay"),
    ],
)
def test_app(path: str, target: str) -> None:
    """A whole app is called with a method and a path, percent-encoded where it must be."""
    found = http(APP, method="post", path=path)
    assert (found.method, found.target) == ("POST", target)


@pytest.mark.parametrize(
    "path",
    [
        "/admin",
        "/staticx",
        "static/a",
        "/static/../admin",
        "/static/%2e%2e/admin",
        "/static/..%2Fadmin",
        "/static/./a",
        "/static?a=b",
        "/static/a#b",
    ],
)
def test_app_path_outside(path: str) -> None:
    """A path that is not below the app's mount is refused, however it is spelled."""
    message = "$http: path has the form /static/{path:path}, without ? # and dot segments"
    assert refusal(APP, {"$http": {"method": "GET", "path": path}}) == message


@pytest.mark.parametrize(
    "arguments",
    [
        None,
        {},
        {"a": 1},
        [1],
        {"$http": {}},
        {"$http": {"method": "GET"}},
        {"$http": {"path": "/static"}},
        {"$http": {"method": "GET", "path": "/static", "path_params": {"path": "a"}}},
    ],
)
def test_app_needs_http(arguments: Any) -> None:
    """A whole app has no arguments; the message shows how to call it."""
    assert refusal(APP, arguments).startswith(
        'this function is a whole app: call it with {"$http": {"method": "GET", "path": "/..."'
    )


# -- request -----------------------------------------------------------------------------


def test_request() -> None:
    """The app sees a request of no server and no client, with a true content-length."""
    this = invocation("00-ab", "k=v")
    scope = scope_of(call(CREATE, {"a": "é"}).request(this))
    assert scope["headers"] == [
        (b"host", b"localhost"),
        (b"content-type", b"application/json"),
        (b"content-length", b"10"),
        (b"traceparent", b"00-ab"),
        (b"baggage", b"k=v"),
    ]
    assert scope["iii"] is this
    assert (scope["server"], scope["client"]) == (None, None)


def test_request_without_a_body() -> None:
    """Without a body there is no content-length."""
    assert scope_of(call(LIST, None).request(invocation()))["headers"] == [(b"host", b"localhost")]


def test_request_with_own_headers() -> None:
    """The caller's host and trace context stand; his content-length does not."""
    headers = {"Host": "shop.example", "traceparent": "00-own", "Content-Length": "99"}
    request = http(CREATE, headers=headers, body=[]).request(invocation("00-ab"))
    assert scope_of(request)["headers"] == [
        (b"host", b"shop.example"),
        (b"traceparent", b"00-own"),
        (b"content-type", b"application/json"),
        (b"content-length", b"2"),
    ]


@pytest.mark.parametrize(
    ("host", "expected"),
    [(None, b"localhost"), ("api.example", b"api.example"), ("{tenant}.example", b"localhost")],
)
def test_host(host: str | None, expected: bytes) -> None:
    """A route behind a Host is called under it; where that has parameters $http names one."""
    request = call(function("/", host=host), None).request(invocation())
    assert scope_of(request)["headers"] == [(b"host", expected)]
