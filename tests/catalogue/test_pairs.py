"""Pairs that contain others, and perhaps themselves."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping

import pytest

from iii_asgi.catalogue.pairs import Pairs


class Graph:
    """Nodes, those within each, and those that are wrong themselves.

    Nodes of `either` are right if one within them is, as unions are.

    Attributes:
        asked: the nodes that were compared, in order.
    """

    def __init__(self, within: Mapping[str, str], wrong: str = "", either: str = "") -> None:
        self._within = within
        self._wrong = wrong
        self._either = either
        self._pairs = Pairs[str]()
        self.asked: list[str] = []

    def compare(self, node: str) -> list[str]:
        """Return what is wrong with a node."""
        return self._pairs.compare(node, lambda: self._ask(node))

    def _ask(self, node: str) -> list[str]:
        self.asked.append(node)
        own = [node] if node in self._wrong else []
        found = [self.compare(inner) for inner in self._within.get(node, "")]
        if node in self._either and not all(found):
            return own
        return own + [f"{node}.{one}" for some in found for one in some]

    def is_right(self, node: str) -> bool:
        """Say it the simple way: take all to be right, and drop what is not until nothing is."""
        right = {*self._within, *"".join(self._within.values()), node} - set(self._wrong)
        while wrong := {one for one in right if not self._holds(one, right)}:
            right -= wrong
        return node in right

    def _holds(self, node: str, right: set[str]) -> bool:
        within = [inner in right for inner in self._within.get(node, "")]
        return any(within) or not within if node in self._either else all(within)


def test_once() -> None:
    """A pair is compared once, and what is wrong with it is told wherever it stands."""
    graph = Graph({"a": "bc", "b": "d", "c": "d"}, wrong="d")

    assert graph.compare("a") == ["a.b.d", "a.c.d"]
    assert graph.compare("c") == ["c.d"]
    assert graph.asked == ["a", "b", "d", "c"]


def test_itself() -> None:
    """One that contains itself is right if all else is."""
    graph = Graph({"a": "a", "b": "bx"}, wrong="x")

    assert graph.compare("a") == []
    assert graph.compare("b") == ["b.x"]


@pytest.mark.parametrize("first", ["ab", "ba"])
def test_right_for_a_while(first: str) -> None:
    """What has been right only if one around it is, is asked anew when that is not."""
    graph = Graph({"a": "bx", "b": "a"}, wrong="x")

    assert [bool(graph.compare(one)) for one in first] == [True, True]


def test_circle_is_asked_once() -> None:
    """Members of a circle that is right are right each by itself."""
    graph = Graph({"a": "b", "b": "c", "c": "ab"})

    assert [graph.compare(one) for one in "abc"] == [[], [], []]
    assert graph.asked == ["a", "b", "c"]


def test_from_either_side() -> None:
    """All that is wrong in a circle is told from each of its members, whichever was first."""
    within, wrong = {"a": "bx", "b": "ay", "c": "ab"}, "xy"
    graph = Graph(within, wrong)

    assert graph.compare("a") == ["a.b.y", "a.x"]
    assert graph.compare("b") == ["b.a.x", "b.y"]
    assert graph.compare("c") == ["c.a.b.y", "c.a.x", "c.b.a.x", "c.b.y"]


def test_error() -> None:
    """After an error that came up within a pair, it is compared as if for the first time."""
    pairs = Pairs[str]()

    def fail() -> list[str]:
        raise KeyError

    with pytest.raises(KeyError):
        pairs.compare("a", lambda: pairs.compare("b", lambda: pairs.compare("c", fail)))
    assert pairs.compare("a", lambda: pairs.compare("b", lambda: ["wrong"])) == ["wrong"]


def graph_of(draw: random.Random, *, has_unions: bool) -> tuple[str, Graph, Callable[[], Graph]]:
    """Return the names of nodes, a random graph of them, and what makes the same graph anew."""
    nodes = "abcdefg"[: draw.randint(1, 7)]
    within = {one: "".join(draw.choices(nodes, k=draw.randint(0, 3))) for one in nodes}
    wrong = "".join(draw.sample(nodes, draw.randint(0, min(2, len(nodes)))))
    either = "".join(draw.sample(nodes, draw.randint(0, len(nodes)))) if has_unions else ""
    return nodes, Graph(within, wrong, either), lambda: Graph(within, wrong, either)


@pytest.mark.parametrize("has_unions", [False, True])
@pytest.mark.parametrize("seed", range(300))
def test_any_graph(seed: int, has_unions: bool) -> None:
    """What is wrong is found in any graph, whatever has been asked before."""
    draw = random.Random(seed)
    nodes, graph, _ = graph_of(draw, has_unions=has_unions)

    for node in draw.sample(nodes, len(nodes)):
        assert (not graph.compare(node)) == graph.is_right(node)


@pytest.mark.parametrize("seed", range(300))
def test_whatever_was_asked_before(seed: int) -> None:
    """All that is told of a pair is the same, whatever has been asked before."""
    draw = random.Random(seed)
    nodes, graph, anew = graph_of(draw, has_unions=False)

    for node in draw.sample(nodes, len(nodes)):
        assert graph.compare(node) == anew().compare(node)
