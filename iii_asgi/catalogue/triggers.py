"""Which HTTP triggers the engine gets: one for each method and shape that the app answers.

The app's own router decides what runs. A trigger only sees to it that a request arrives;
its function is the one that the router would most likely run.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from iii_asgi.catalogue.model import BodyRule, HttpTrigger, strictest
from iii_asgi.catalogue.shapes import Pattern, Shape, patterns_of, shape_of, spell

__all__ = ["Claim", "TriggerTable", "shape_of", "trigger_id"]

_SPACE = uuid.UUID("5a0c6d0e-3d3b-5a53-9b1c-7d6f1f0c9a41")


def trigger_id(*parts: str) -> str:
    """Return the id of the trigger that these texts make out.

    It is the same in every process, so that a second one takes over unnoticed.
    """
    return str(uuid.uuid5(_SPACE, "\n".join(parts)))


@dataclass(frozen=True, slots=True)
class Claim:
    """What a function wants to answer: some methods on a template of the app."""

    function_id: str
    methods: Sequence[str]
    path: str
    body: BodyRule = "channel"


@dataclass(slots=True)
class _Place:
    """A shape in one slash form.

    Attributes:
        triggers: method → the function that is called.
        claims: whose templates have this shape: place in router order, and the pattern.
    """

    shape: Shape
    slash: bool
    triggers: dict[str, str] = field(default_factory=dict)
    claims: list[tuple[int, Pattern]] = field(default_factory=list)


class _Trie:
    """Places by shape, to find those whose paths a shape has part in."""

    __slots__ = ("_children", "_place")

    def __init__(self) -> None:
        self._children: dict[str | None, _Trie] = {}
        self._place: _Place | None = None

    def add(self, place: _Place) -> None:
        node = self
        for part in place.shape:
            node = node._children.setdefault(part, _Trie())
        node._place = place

    def covering(self, shape: Shape) -> Iterator[_Place]:
        """Yield the place of a shape and all more general ones."""
        return self._meeting(shape, narrower=False)

    def reached(self, shape: Shape) -> Iterator[_Place]:
        """Yield the places that a path may fit when the engine has matched it to a shape.

        Not the more specific ones: the engine would have taken those.
        """
        for place in self._meeting(shape, narrower=True):
            wider = any(
                part is None and own is not None
                for own, part in zip(shape, place.shape, strict=True)
            )
            if wider or place.shape == shape:
                yield place

    def _meeting(self, shape: Shape, *, narrower: bool) -> Iterator[_Place]:
        nodes = [self]
        for part in shape:
            if part is None and narrower:
                nodes = [child for node in nodes for child in node._children.values()]
            else:
                wanted = {part, None}
                nodes = [
                    child for node in nodes for one in wanted if (child := node._children.get(one))
                ]
        return (node._place for node in nodes if node._place)


class TriggerTable:
    """The HTTP triggers of an app.

    Args:
        claims: of all functions, in router order.
        namespace: of the functions; a part of the trigger ids.
        prefix: path before everything, on the engine.
        taken: paths already on the engine; the parameter names of their shapes stand.
    """

    def __init__(
        self,
        claims: Iterable[Claim],
        *,
        namespace: str,
        prefix: str = "",
        taken: Iterable[str] = (),
    ) -> None:
        self._claims = list(claims)
        self._namespace = namespace
        self._prefix = prefix
        self._places: dict[tuple[Shape, bool], _Place] = {}
        self._names: dict[Shape, tuple[str, ...]] = {}
        for api_path in taken:
            names = tuple(part[1:] for part in api_path.split("/") if part.startswith(":"))
            self._names.setdefault(shape_of(api_path), names)
        self._place_claims()
        self._tries = {slash: self._trie(slash) for slash in (False, True)}
        self._complete()

    def triggers(self) -> dict[str, list[HttpTrigger]]:
        """Return function id → its triggers, in router order."""
        triggers: dict[str, list[HttpTrigger]] = {}
        for place in self._places.values():
            api_path = spell(place.shape, self._names[place.shape], slash=place.slash)
            nameless = spell(place.shape, ("",) * len(place.shape), slash=place.slash)
            for method, function_id in place.triggers.items():
                name = trigger_id(self._namespace, function_id, method, nameless)
                trigger = HttpTrigger(name, method, api_path)
                triggers.setdefault(function_id, []).append(trigger)
        return triggers

    def bodies(self) -> dict[str, BodyRule]:
        """Return function id → the strictest rule of all routes that its triggers can reach."""
        bodies: dict[str, BodyRule] = {}
        for place in self._places.values():
            # In both slash forms: the standalone HTTP worker takes one for the other.
            found = (one for trie in self._tries.values() for one in trie.reached(place.shape))
            claims = self._claims_at(found, place.shape)
            for method, function_id in place.triggers.items():
                rules = [claim.body for claim in claims if method in claim.methods]
                rules.append(bodies.get(function_id, "inline"))
                bodies[function_id] = strictest(rules)
        return bodies

    def _place_claims(self) -> None:
        redirects: list[tuple[Claim, Pattern]] = []
        for order, claim in enumerate(self._claims):
            for pattern in patterns_of(claim.path, self._prefix):
                if pattern.redirects:
                    redirects.append((claim, pattern))
                else:
                    self._take(claim, pattern).claims.append((order, pattern))
        # Only where no route answers that slash form itself.
        for claim, pattern in redirects:
            self._take(claim, pattern)

    def _take(self, claim: Claim, pattern: Pattern) -> _Place:
        key = (pattern.shape, pattern.slash)
        place = self._places.setdefault(key, _Place(*key))
        for method in claim.methods:
            place.triggers.setdefault(method, claim.function_id)
        if pattern.shape not in self._names:
            self._names[pattern.shape] = _unique(pattern.names)
        return place

    def _complete(self) -> None:
        """Add the methods that more general routes have.

        The engine takes the best-matching path and answers 405 where that lacks the
        method; the app's router would go on to the next route.
        """
        for place in self._places.values():
            general = self._tries[place.slash].covering(place.shape)
            for claim in self._claims_at(general, place.shape):
                for method in claim.methods:
                    place.triggers.setdefault(method, claim.function_id)

    def _claims_at(self, places: Iterable[_Place], shape: Shape) -> list[Claim]:
        """Return the claims of places that a path of a shape can fit, in router order."""
        orders = {
            order for place in places for order, pattern in place.claims if pattern.can_match(shape)
        }
        return [self._claims[order] for order in sorted(orders)]

    def _trie(self, slash: bool) -> _Trie:
        trie = _Trie()
        for place in self._places.values():
            if place.slash is slash:
                trie.add(place)
        return trie


def _unique(names: Sequence[str]) -> tuple[str, ...]:
    """Return names that differ, made up where they are empty."""
    chosen: list[str] = []
    for position, name in enumerate(names, start=1):
        candidate = name or f"p{position}"
        while candidate in chosen or (not name and candidate in names):
            candidate += "_"
        chosen.append(candidate)
    return tuple(chosen)
