"""Random requests to random apps, called as a server does and through iii."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from iii_asgi import Settings
from iii_asgi.testing.loopback import Loopback
from tests.conformance.case import Mode, Seen, difference, seen_of
from tests.conformance.client import Request
from tests.conformance.direct import serve
from tests.conformance.losses import (
    ALWAYS,
    INPUT_KEY_ORDER,
    LATIN_1,
    QUERY_SPELLING,
    STREAMED_ORDER,
)
from tests.conformance.random_apps import Plan, apps, build, requests

MODES: tuple[Mode, ...] = ("routes", "app")
LOSSES = (*ALWAYS, QUERY_SPELLING, LATIN_1, INPUT_KEY_ORDER, STREAMED_ORDER)


def is_excused(request: Request, expected: Seen, mode: Mode) -> bool:
    """Whether the engine may answer such a request itself (see the table of losses)."""
    assert isinstance(request.target, str)
    path = request.target.partition("?")[0]
    if "//" in path or "%2f" in path.lower():
        return True
    if mode == "app":
        return path.count("/") > 8
    return expected.status in (404, 405, 307) or path != path.replace("%61", "a") or "%c3" in path


def is_own(seen: Seen) -> bool:
    """Whether this is an answer of the engine or the bridge, and not of the app."""
    bodies = (b'{"error":', b'{"detail":"Not Found"}')
    return (
        seen.status == 404 or (seen.status == 405 and not seen.body) or seen.body.startswith(bodies)
    )


async def compare(plans: list[Plan], asked: list[Request]) -> None:
    app = build(plans)
    loopbacks = {
        mode: Loopback(build(plans), settings=Settings(http=mode, access_log=False))
        for mode in MODES
    }
    for request in asked:
        expected = seen_of(request, await serve(app, request))
        for mode, loopback in loopbacks.items():
            seen = seen_of(request, await serve(loopback, request))
            found = difference([expected], [seen], LOSSES, "builtin")
            event(f"{mode}: {'differs' if found else 'equal'}, {expected.status // 100}xx")
            if found and not (is_own(seen) and is_excused(request, expected, mode)):
                raise AssertionError(f"{mode}: {request}\n{found}")


@pytest.mark.timeout(300)  # for the search of a small example, should one be needed
@given(st.data())
def test_random_requests(data: st.DataObject) -> None:
    """Whatever the routes and the requests: the app sees and answers the same through iii."""
    plans = data.draw(apps)
    asked = data.draw(st.lists(requests(plans), min_size=1, max_size=8))
    asyncio.run(compare(plans, asked))
