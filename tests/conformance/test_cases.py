"""The same requests to the same app, behind a web server and behind iii."""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator, Iterator
from typing import TypeAlias

import pytest

from tests.conformance.case import Loss, Seen, difference, visit
from tests.conformance.cases import CASES, THEMES, create_app
from tests.conformance.losses import ALWAYS, LOSSES
from tests.conformance.targets import TARGETS, Place, Target, behind_iii, behind_uvicorn

pytestmark = [
    pytest.mark.anyio,
    # Of the oldest supported Starlette, whose BaseHTTPMiddleware leaves streams open.
    pytest.mark.filterwarnings(
        "ignore:Exception ignored in. <function Mem:pytest.PytestUnraisableExceptionWarning"
    ),
]

Truth: TypeAlias = dict[str, dict[str, list[Seen]]]
BY_NAME = {one.name: one for one in CASES}


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    """One event loop for the servers and all that ask them."""
    return "asyncio"


@pytest.fixture(scope="module", autouse=True)
def collect_garbage() -> Iterator[None]:
    """Have what is left behind found here, and not in another module."""
    yield
    gc.collect()


@pytest.fixture(scope="module")
async def truth() -> Truth:
    """What each case looks like with a web server: by prefix, by name."""
    return {
        prefix: await _truth(prefix) for prefix in sorted({target.prefix for target in TARGETS})
    }


async def _truth(prefix: str) -> dict[str, list[Seen]]:
    # As behind a proxy that takes the prefix off: the server puts it back into the paths.
    async with behind_uvicorn(create_app(), root_path=prefix) as port:
        return {one.name: await visit(port, one) for one in CASES}


@pytest.fixture(scope="module", params=TARGETS, ids=str)
async def place(request: pytest.FixtureRequest) -> AsyncIterator[Place]:
    """The same app behind iii."""
    target: Target = request.param
    async with behind_iii(create_app(), target) as place:
        yield place


def test_names() -> None:
    """A case is known by its name."""
    assert len(BY_NAME) == len(CASES)


@pytest.mark.parametrize("theme", THEMES)
async def test_exchanges(theme: str, place: Place, truth: Truth) -> None:
    """Exchanges through iii are as with a web server, but for the losses that are known."""
    wrong = []
    for one in THEMES[theme]:
        losses = [loss for loss in (*ALWAYS, *one.losses) if place.has(loss)]
        seen = await visit(place.port, one, place.target.prefix)
        if found := difference(truth[place.target.prefix][one.name], seen, losses, place.front):
            wrong.append(f"{one.name}\n{found}")
    assert not wrong, "\n".join([f"{len(wrong)} exchanges differ:", *wrong])


@pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: loss.name)
async def test_loss(loss: Loss, place: Place, truth: Truth) -> None:
    """A known loss is still one; else its row in the documentation has to go."""
    one = BY_NAME[loss.specimen]
    known = [*ALWAYS, *one.losses]
    assert loss in known, "its specimen must name it"
    if not place.has(loss):
        pytest.skip("it is not lost here")
    others = [other for other in known if other is not loss and place.has(other)]
    expected = truth[place.target.prefix][one.name]
    seen = await visit(place.port, one, place.target.prefix)
    assert difference(expected, seen, others, place.front), f"{loss.name} is lost no more"
