"""Pairs that contain others, and perhaps themselves."""

from __future__ import annotations

import random
from collections.abc import Mapping

import pytest

from iii_asgi.catalogue.pairs import Pairs


class Graph:
    """Nodes, those within each, and those that are wrong themselves.

    Attributes:
        asked: the nodes that were compared, in order.
    """

    def __init__(self, within: Mapping[str, str], wrong: str = "") -> None:
        self._within = within
        self._wrong = wrong
        self._pairs = Pairs[str]()
        self.asked: list[str] = []

    def compare(self, node: str) -> list[str]:
        """Return what is wrong with a node."""
        return self._pairs.compare(node, lambda: self._ask(node))

    def _ask(self, node: str) -> list[str]:
        self.asked.append(node)
        own = [node] if node in self._wrong else []
        return own + [one for inner in self._within.get(node, "") for one in self.compare(inner)]

    def is_right(self, node: str) -> bool:
        """Say it the simple way: nothing that is wrong can be reached."""
        reached, new = set[str](), {node}
        while new:
            reached |= new
            new = {inner for one in new for inner in self._within.get(one, "")} - reached
        return reached.isdisjoint(self._wrong)


def test_once() -> None:
    """A pair is compared once, and what is wrong with it is told wherever it stands."""
    graph = Graph({"a": "bc", "b": "d", "c": "d"}, wrong="d")

    assert graph.compare("a") == ["d", "d"]
    assert graph.compare("c") == ["d"]
    assert graph.asked == ["a", "b", "d", "c"]


def test_itself() -> None:
    """One that contains itself is right if all else is."""
    graph = Graph({"a": "a", "b": "bx"}, wrong="x")

    assert graph.compare("a") == []
    assert graph.compare("b") == ["x"]


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


@pytest.mark.parametrize("seed", range(300))
def test_any_graph(seed: int) -> None:
    """What is wrong is found in any graph, whatever has been asked before."""
    draw = random.Random(seed)
    nodes = "abcdefg"[: draw.randint(1, 7)]
    within = {one: "".join(draw.choices(nodes, k=draw.randint(0, 3))) for one in nodes}
    graph = Graph(within, wrong="".join(draw.sample(nodes, draw.randint(0, min(2, len(nodes))))))

    for node in draw.sample(nodes, len(nodes)):
        assert (not graph.compare(node)) == graph.is_right(node)
