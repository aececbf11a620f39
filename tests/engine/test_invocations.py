"""The trace context of calls. Calls themselves are tested on sockets, in test_calls."""

from __future__ import annotations

import pytest

from iii_asgi.engine.invocations import Trace

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.mark.parametrize(
    "text",
    [
        None,
        5,
        "",
        "garbage",
        PARENT.upper(),
        "00-" + "0" * 32 + "-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-" + "0" * 16 + "-01",
    ],
)
def test_a_malformed_traceparent_is_dropped(text: object) -> None:
    """What is no W3C trace context does not go on."""
    assert Trace.read(text, None) == Trace()


@pytest.mark.parametrize(
    ("baggage", "named"),
    [
        (None, "iii.function.id=f"),
        ("a=1", "a=1,iii.function.id=f"),
        ("a=1, iii.function.id=old ,b=2", "a=1,b=2,iii.function.id=f"),
    ],
)
def test_baggage_names_the_called_function(baggage: str | None, named: str) -> None:
    """The engine puts the function that is called into the baggage."""
    assert Trace.read(PARENT, baggage).naming("f") == Trace(PARENT, named)


def test_a_call_without_trace_stays_without() -> None:
    """No trace context, no baggage."""
    assert Trace().naming("f") == Trace()
