"""``iii-asgi call --describe``: what a function takes and gives."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from iii_asgi.cli.describing import lines
from iii_asgi.settings import Settings
from tests.cli.helpers import run, served

APP = """
from fastapi import FastAPI, UploadFile
from pydantic import BaseModel

app = FastAPI()


class Order(BaseModel):
    id: int
    product: str


@app.post("/orders", tags=["orders"])
async def create(product: str, photo: UploadFile, count: int = 1, note: str | None = None) -> Order:
    '''Order something.'''
    return Order(id=len(await photo.read()), product=f"{product} {photo.filename}")
"""


def said_of(info: dict[str, Any]) -> str:
    """Return what is printed of a function that some worker has registered, in one line."""
    printed = lines({"function_id": "f", **info}, Settings())
    return " ".join(" ".join(line.plain for line in printed).split())


@pytest.fixture(scope="module")
def url(engine_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An engine with a function on it."""
    with served(APP, engine_url, tmp_path_factory.mktemp("orders")) as url:
        yield url


def test_function(url: str) -> None:
    """Arguments, answer, and a line that can be pasted."""
    result = run("call", "--describe", "orders::create", "--url", url)
    text = " ".join(result.stdout.split())

    assert result.returncode == 0
    assert "Order something." in text
    assert "product string required" in text
    assert "photo file required" in text
    assert "count integer default 1" in text
    assert "note string | null optional" in text
    assert "Answer object id integer required product string required" in text
    assert "POST /orders" in text
    assert f"call orders::create product=text photo=@PATH --url={url}" in text


def test_json(url: str) -> None:
    """--json shows what the engine knows, in any order of the words."""
    before = run("call", "--describe", "--json", "orders::create", "--url", url)
    after = run("call", "orders::create", "--url", url, "--describe", "--json")

    info = json.loads(before.stdout)
    assert info["request_schema"]["properties"]["count"]["default"] == 1
    assert info["response_schema"]["title"] == "Order"
    assert after.stdout == before.stdout


def test_json_needs_a_value_elsewhere(url: str) -> None:
    """Without --describe, --json is the arguments; with it, there are none."""
    without = run("call", "orders::create", "--url", url, "--json")
    given = run("call", "orders::create", "--describe", "--json={}", "--url", url)

    assert (without.returncode, given.returncode) == (2, 2)
    assert "without arguments" in " ".join(given.stderr.split())


def test_path_and_items() -> None:
    """Arguments of the path are told; of arrays, what is in them; `definitions` are found."""
    thing = {"type": "object", "properties": {"id": {"type": "integer"}}, "required": ["id"]}
    reference = {"$ref": "#/definitions/Thing"}
    triggers = [
        {"trigger_type": "http", "config": {"api_path": f"things/:id{part}"}}
        for part in ("", "/a", "/b", "/c", "/d", "/e")
    ]
    info = {
        "function_id": "f",
        "registered_triggers": [{"trigger_type": "cron", "config": {}}, *triggers],
        "request_schema": {
            "properties": {
                "id": {"type": "integer", "minimum": 3},
                "when": {"type": "array", "items": {"type": "string", "format": "date"}},
                "pictures": {"type": "array", "items": {**UPLOAD}},
                "body": {"anyOf": [{"type": "string"}, UPLOAD]},
                "other": reference,
            },
            "required": ["id", "when", "other"],
            "definitions": {"Thing": thing},
        },
        "response_schema": {
            "type": "array",
            "items": reference,
            "definitions": {"Thing": thing},
        },
    }
    text = said_of(info)

    assert "GET /things/:id GET /things/:id/a" in text
    assert "… and 1 more" in text
    assert "id integer required, in the path" in text
    assert "when array of string required" in text
    assert "pictures array of file optional" in text
    assert "body text | file optional" in text
    assert "other object required" in text
    assert "Answer array of object id integer required" in text
    assert """call f id=3 'when=["2030-01-31"]' 'other={"id":1}'""" in text


UPLOAD = {"properties": {"base64": {"contentEncoding": "base64"}}}


def test_call_with_files(url: str, tmp_path: Path) -> None:
    """The arguments that it shows can be in files, or come from stdin."""
    (tmp_path / "photo.png").write_bytes(b"12345")
    arguments = ("product=@-", "photo=@photo.png")
    result = run("call", "orders::create", *arguments, "--url", url, cwd=tmp_path, stdin="tea")

    assert result.stdout == '{"id":5,"product":"tea photo.png"}\n'


def test_unknown(url: str) -> None:
    """A name that is nearly right brings the right one."""
    result = run("call", "--describe", "orders::crate", "--url", url)

    assert result.returncode == 1
    assert "the engine has no orders::crate" in result.stderr
    assert "Did you mean orders::create?" in result.stderr
    assert "call --list" in result.stderr


THING = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}
NAMED = {"type": "object", "properties": {"b": {"type": "string"}}, "required": ["b"]}
ROOTS: dict[str, tuple[Any, str]] = {
    "definitions": (
        {"$ref": "#/definitions/Thing", "definitions": {"Thing": THING}},
        "a integer required",
    ),
    "$defs": ({"$ref": "#/$defs/Thing", "$defs": {"Thing": THING}}, "a integer required"),
    "allOf": ({"allOf": [THING, NAMED]}, "a integer required b string required"),
    "anyOf": (
        {"anyOf": [THING, NAMED, {"type": "null"}]},
        "a integer optional b string optional",
    ),
    "one name, two types": (
        {"oneOf": [THING, {"properties": {"a": {"type": "string"}}, "required": ["a"]}]},
        "a integer | string required",
    ),
    "anything": ({}, "anything: give key=value, or --json"),
    "a list": (
        {"type": "array", "items": {"type": "integer"}},
        "array of integer: give --json",
    ),
    "a list of objects": (
        {"type": "array", "items": THING},
        "array of object: give --json a integer required",
    ),
    "nothing": ({"type": ["object", "null"], "properties": {}}, "none"),
    "a list without end": (
        {"$ref": "#/$defs/L", "$defs": {"L": {"type": "array", "items": {"$ref": "#/$defs/L"}}}},
        "array of array of array of array: give --json",
    ),
    "no names of what is required": (
        {"type": "object", "properties": {"a": {}}, "required": None},
        "any: give key=value, or --json",
    ),
    "a mapping": ({"type": "object"}, "any: give key=value, or --json"),
    "to nowhere": ({"$ref": "#/$defs/X"}, "it does not say: give key=value, or --json"),
}


@pytest.mark.parametrize(("schema", "told"), ROOTS.values(), ids=ROOTS)
def test_root(schema: Any, told: str) -> None:
    """What a schema says as a whole is found behind references and in unions."""
    text = said_of({"request_schema": schema})

    assert text.startswith(f"f Arguments {told} Answer")


PAIR = {"properties": {"a": {}, "b": {"const": 1}}, "required": ["b", "a"]}


@pytest.mark.parametrize(
    ("schema", "typed"),
    [
        ({"$ref": "#/definitions/P", "definitions": {"P": PAIR}}, "b=1 a=text"),
        ({"oneOf": [{"type": "null"}, THING, NAMED]}, "a=1"),
        ({"type": "array", "items": THING}, """'--json=[{"a":1}]'"""),
        ({"type": "string"}, """'--json="text"'"""),
        ({"properties": {"a=b": {"const": 1}}, "required": ["a=b"]}, """'--json={"a=b":1}'"""),
        ({"required": ["-a"], "additionalProperties": {"const": 1}}, """'--json={"-a":1}'"""),
    ],
)
def test_example(schema: Any, typed: str) -> None:
    """The line that can be pasted has what must be there, in the schema's order."""
    assert said_of({"request_schema": schema}).endswith(f"Try iii-asgi call f {typed}")


KEYWORDS = [
    *("$defs", "$ref", "additionalProperties", "allOf", "anyOf", "const", "default"),
    *("definitions", "description", "enum", "examples", "exclusiveMaximum", "exclusiveMinimum"),
    *("format", "items", "maxItems", "maxLength", "maximum", "minItems", "minLength", "minimum"),
    *("multipleOf", "not", "oneOf", "patternProperties", "prefixItems", "properties", "required"),
    *("type", "uniqueItems"),
]
TYPES = ["array", "integer", "null", "number", "object", "string"]
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.floats()
    | st.sampled_from(["", "a", "object"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["a", "b"]), inner, max_size=3)
        | st.dictionaries(st.sampled_from(KEYWORDS), inner, max_size=4)
        | st.builds(
            lambda said, kind: {**said, "type": kind},
            st.dictionaries(st.sampled_from(KEYWORDS), inner, max_size=4),
            st.sampled_from(TYPES),
        )
    ),
    max_leaves=12,
)


@settings(max_examples=500)
@given(request=JSON, response=JSON)
@example(request={"properties": None}, response={"required": None, "properties": {"a": {}}})
@example(request={"anyOf": None}, response={"definitions": []})
@example(
    request={"properties": {"a": {"type": "integer", "minimum": "1"}}, "required": ["a"]},
    response=7,
)
@example(request={"properties": {"a": {"minLength": float("inf")}}, "required": ["a"]}, response=[])
def test_nonsense(request: Any, response: Any) -> None:
    """What is no schema says nothing, wherever it stands in one."""
    text = said_of({"request_schema": request, "response_schema": response})

    assert re.search("Arguments .* Answer .* Errors .* Try iii-asgi call f", text)


WHOLE: dict[str, Any] = {
    "$ref": "#/definitions/Order",
    "definitions": {
        "Order": {
            "type": "object",
            "description": "One",
            "properties": {
                "count": {"type": "integer", "minimum": 1, "maximum": 9, "multipleOf": 2},
                "name": {"type": "string", "minLength": 2, "maxLength": 9, "format": "uuid"},
                "kind": {"enum": ["a", "b"], "default": "a"},
                "list": {"type": "array", "items": {"type": "integer"}, "minItems": 1},
                "pair": {"type": "array", "prefixItems": [{"const": 1}, {"examples": [2]}]},
                "any": {"anyOf": [{"$ref": "#/definitions/Thing"}, {"type": "null"}]},
                "both": {"allOf": [{"$ref": "#/definitions/Thing"}, {"required": ["id"]}]},
            },
            "required": ["count", "name", "kind", "list", "pair", "any", "both"],
            "additionalProperties": False,
        },
        "Thing": {"type": "object", "properties": {"id": {"type": "integer"}}},
    },
}


def places_in(value: Any) -> Iterator[tuple[Any, ...]]:
    """Yield the keys that lead to each value within another."""
    yield ()
    keys = value if isinstance(value, dict) else range(len(value) if isinstance(value, list) else 0)
    yield from ((key, *place) for key in keys for place in places_in(value[key]))


def replaced(value: Any, place: tuple[Any, ...], new: Any) -> Any:
    """Return a value with another one at a place within it."""
    if not place:
        return new
    copied = value.copy()
    copied[place[0]] = replaced(value[place[0]], place[1:], new)
    return copied


@settings(max_examples=500)
@given(place=st.sampled_from(list(places_in(WHOLE))), value=JSON)
def test_nonsense_within(place: tuple[Any, ...], value: Any) -> None:
    """One thing that is wrong in a schema leaves the rest to be shown."""
    schema = replaced(WHOLE, place, value)
    text = said_of({"request_schema": schema, "response_schema": schema})

    assert re.search("Arguments .* Answer .* Errors .* Try iii-asgi call f", text)
    if "properties" in place[:-1]:
        assert "kind " in text.partition("Answer")[0]
        assert "kind=" in text.partition("Try")[2]


@given(
    st.fixed_dictionaries(
        {
            "description": JSON,
            "worker_name": JSON,
            "registered_triggers": JSON
            | st.lists(st.fixed_dictionaries({"trigger_type": st.just("http"), "config": JSON})),
        }
    )
)
@example({"registered_triggers": 5})
def test_nonsense_beside(info: dict[str, Any]) -> None:
    """What an engine tells beside the schemas may be anything, too."""
    assert "Arguments it does not say" in said_of(info)


@pytest.mark.parametrize("keyword", ["items", "not", "additionalProperties"])
@pytest.mark.parametrize("depth", [100, 900, 3000])
def test_deep_nesting(keyword: str, depth: int) -> None:
    """What is nested too deeply is anything."""
    schema: Any = {}
    for _ in range(depth):
        schema = {keyword: schema}
    fields = {"properties": {"a": {"default": schema}, "b": schema}, "definitions": {"C": schema}}
    text = said_of({"request_schema": {**fields, "required": ["b"]}, "response_schema": schema})

    assert text.startswith("f Arguments a anything ")
    assert "b anything required" in text


def test_union_of_itself() -> None:
    """A union that has itself as a member ends."""
    union = {"anyOf": [{"$ref": "#/$defs/A"}, {"type": "null"}]}
    schema = {"properties": {"a": {"$ref": "#/$defs/A"}}, "required": ["a"]}
    text = said_of({"request_schema": {**schema, "$defs": {"A": union}}})

    assert text.startswith("f Arguments a anything | null required")


@pytest.mark.parametrize(
    ("info", "told"),
    [
        ({}, "Arguments it does not say: give key=value, or --json Answer it does not say"),
        ({"request_schema": {"type": "object", "properties": {}}}, "Arguments none"),
        ({"request_schema": "nonsense", "response_schema": 3}, "Answer it does not say"),
        (
            {"request_schema": {"properties": {"a": {"$ref": "#/elsewhere"}}, "required": ["a"]}},
            "a anything required",
        ),
        ({"response_schema": {"type": ["array", "null"]}}, "Answer array | null"),
        ({"description": "One\ntwo", "worker_name": "w"}, "f of w One two"),
    ],
)
def test_of_any_worker(info: dict[str, Any], told: str) -> None:
    """Whatever a worker in another language has registered can be shown."""
    assert told in said_of(info)
