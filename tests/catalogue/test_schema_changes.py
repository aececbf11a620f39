"""Schemas of several functions, compared together."""

from __future__ import annotations

import copy
import random
from typing import Any

import pytest

from iii_asgi.catalogue.alike import references
from iii_asgi.catalogue.schema_changes import SchemaChanges

STRING: dict[str, Any] = {"type": "string"}
INTEGER: dict[str, Any] = {"type": "integer"}
LEAVES: tuple[Any, ...] = (
    STRING,
    INTEGER,
    True,
    {"enum": ["a", "b"]},
    {"type": ["string", "null"]},
)


def model(required: str = "", /, **properties: Any) -> dict[str, Any]:
    """Return the schema of a model, as Pydantic makes it."""
    return {"type": "object", "properties": properties, "required": required.split()}


def to(name: str) -> dict[str, Any]:
    """Return a reference."""
    return {"$ref": f"#/$defs/{name}"}


def function(argument: Any, answer: Any = None) -> dict[str, Any]:
    """Return a function as a contract has it."""
    return {"request_format": argument, "response_format": answer}


def breaking(changes: SchemaChanges, old: Any, new: Any) -> list[str]:
    """Return what breaks those who give such an argument."""
    return [text for text, breaks in changes.of(function(old), function(new)) if breaks]


def test_same_pair() -> None:
    """Models that two functions have in common are told alike, each at its place."""
    changes = SchemaChanges()

    def of(name: str, kind: dict[str, Any]) -> dict[str, Any]:
        return {**model(**{name: to("Order")}), "$defs": {"Order": model(a=kind, b=STRING)}}

    for name in ("first", "second", "first"):
        assert breaking(changes, of(name, STRING), of(name, INTEGER)) == [
            f"argument `{name}.a`: string → integer"
        ]


def test_both_directions() -> None:
    """A pair that an argument has is another one in an answer."""
    old, new = (
        {**to("A"), "$defs": {"A": model(a=kind)}} for kind in (INTEGER, {"type": "number"})
    )

    assert list(SchemaChanges().of(function(old, old), function(new, new))) == [
        ("argument `a`: integer, optional → number, optional", False),
        ("answer `a`: integer → number", True),
    ]


def test_recursive_in_several_functions() -> None:
    """Of models within each other all is told, from whichever of them a function begins."""
    old = {"A": model(b=to("B"), x=STRING), "B": model(a=to("A"), y=STRING)}
    new = {"A": model(b=to("B")), "B": model(a=to("A"))}
    changes = SchemaChanges()

    for first, found in {"A": ("x", "b.y"), "B": ("y", "a.x"), "A ": ("x", "b.y")}.items():
        root = model(first=to(first.strip()))
        assert sorted(breaking(changes, {**root, "$defs": old}, {**root, "$defs": new})) == sorted(
            f"argument `first.{place}`: string, optional → none" for place in found
        )


def test_definitions_of_one_name() -> None:
    """Definitions that only share their name are kept apart, and from who lacks one."""
    changes = SchemaChanges()
    root = model(a=to("A"))
    for was, now in ((STRING, INTEGER), (INTEGER, STRING), (STRING, INTEGER)):
        old, new = ({**root, "$defs": {"A": one}} for one in (was, now))
        assert breaking(changes, old, new) == [
            f"argument `a`: {was['type']} → {now['type']}",
        ]
    assert breaking(changes, {**root, "$defs": {"A": STRING}}, root) == [
        "argument: may break, #/$defs/A leads nowhere"
    ]


def test_after_an_error() -> None:
    """A function that cannot be judged leaves the others as they are."""
    changes = SchemaChanges()

    def of(**definitions: Any) -> dict[str, Any]:
        return {**to("A"), "$defs": {"A": model(b=to("B")), **definitions}}

    unjudged, told = {"unevaluatedProperties": False}, ["argument `b.c`: string → integer"]
    for _ in range(2):
        assert breaking(changes, of(B=model(c=STRING)), of(B=model(c=INTEGER))) == told
        assert breaking(changes, of(B=model(c=unjudged)), of(B=model(c=INTEGER))) == [
            "argument: may break, unevaluatedProperties cannot be judged"
        ]


@pytest.mark.parametrize(("depth", "count"), [(12, 1 << 12), (13, 1), (14, 1)])
def test_too_large_in_several_functions(depth: int, count: int) -> None:
    """What is too large in one function is so in the next, which has the same models."""
    changes = SchemaChanges()
    levels = {f"L{n}": model("a b", a=to(f"L{n + 1}"), b=to(f"L{n + 1}")) for n in range(depth)}

    for name in "abc":
        root = model(name, **{name: to("L0")})
        old, new = ({**root, "$defs": {**levels, f"L{depth}": one}} for one in (STRING, INTEGER))
        assert len(breaking(changes, old, new)) == count


def test_words_of_what_cannot_be_judged() -> None:
    """A description breaks nobody, also where nothing else could be judged."""
    old = {"unevaluatedProperties": False, "description": "old"}

    found = list(SchemaChanges().of(function(old), function({**old, "description": "new"})))
    assert found == [("argument: descriptions", False)]


class Models:
    """Random models, which refer to each other, and functions that have them."""

    def __init__(self, seed: int) -> None:
        self._draw = random.Random(seed)
        self._names = "ABCDE"[: self._draw.randint(1, 5)]
        self._is_recursive = self._draw.random() < 0.6
        self.definitions = {name: self._model(name) for name in self._names}

    def functions(self, count: int) -> list[tuple[dict[str, Any], dict[str, Any]]]:
        """Return functions as they were, and as they are; some have models of their own."""
        changed = self._changed(self.definitions)
        rarely = self._changed(changed)
        roots = [self._model("") for _ in range(4)]
        made = []
        for _ in range(count):
            argument, answer = self._draw.choices(roots, k=2)
            now = changed if self._draw.random() < 0.8 else rarely
            made.append(
                (
                    function(with_(argument, self.definitions), with_(answer, self.definitions)),
                    function(with_(argument, now), with_(answer, now)),
                )
            )
        return made

    def _model(self, name: str) -> dict[str, Any]:
        fields = self._draw.sample("abcd", self._draw.randint(1, 3))
        required = "".join(f"{one} " for one in fields if self._draw.random() < 0.5)
        return model(required, **{one: self._field(name) for one in fields})

    def _field(self, name: str) -> Any:
        others = [one for one in self._names if self._is_recursive or one > name]
        if not others or self._draw.random() < 0.4:
            return self._draw.choice(LEAVES)
        one = to(self._draw.choice(others))
        kinds = (one, {"type": "array", "items": one}, {"anyOf": [one, {"type": "null"}]})
        return self._draw.choice([*kinds, {"type": "object", "additionalProperties": one}])

    def _changed(self, definitions: dict[str, Any]) -> dict[str, Any]:
        new = copy.deepcopy(definitions)
        for _ in range(self._draw.randint(1, 2)):
            fields = new[self._draw.choice(self._names)]["properties"]
            if self._draw.random() < 0.4:
                del fields[self._draw.choice(list(fields))]
            if not fields or self._draw.random() < 0.8:
                fields[self._draw.choice("abcd")] = self._draw.choice(LEAVES)
        return new


def with_(root: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    """Return a schema with those definitions that it needs."""
    needed, ahead = set[str](), references(root)
    while ahead:
        needed |= ahead
        ahead = {name for one in ahead for name in references(definitions[one])} - needed
    return {**root, "$defs": {name: definitions[name] for name in sorted(needed)}}


@pytest.mark.parametrize("seed", range(100))
def test_together_as_alone(seed: int) -> None:
    """Of each function is told what is told of it alone, whatever the others have."""
    together = SchemaChanges()
    for old, new in Models(seed).functions(8):
        assert list(together.of(old, new)) == list(SchemaChanges().of(old, new))
