"""The column "iii-asgi" of `docs/explanation/compared.md`: every row is right."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest

from tests.peers.driver import CallError, Kind, Peer, Place
from tests.peers.odd_calls import ROWS, Error, Row, Stream

PAGE = Path(__file__).parents[2] / "docs/explanation/compared.md"


@pytest.mark.anyio
@pytest.mark.usefixtures("odd")
@pytest.mark.parametrize("row", ROWS, ids=str)
async def test_row(row: Row, peer: Peer, kind: Kind, place: Place) -> None:
    """A worker of an official SDK gets what the table says."""
    if kind == "node" and row.title == "an integer beyond 53 bits":
        pytest.skip("JavaScript has no such integers")
    function = f"odd::{row.function}"
    if isinstance(row.expected, Stream):
        asked = {"function_id": place.id(function), "payload": row.arguments}
        answer = await peer.do("take_answer", **asked)
        assert answer["sha256"] == hashlib.sha256(row.expected.body).hexdigest()
    elif isinstance(row.expected, Error):
        with pytest.raises(CallError) as raised:
            await peer.call(function, row.arguments)
        assert raised.value.code == row.expected.code
        assert row.expected.words in raised.value.message
        assert "swordfish" not in raised.value.message
    else:
        assert await peer.call(function, row.arguments) == row.expected


def test_page() -> None:
    """The page has the rows that are run, in their order."""
    rows = re.findall(r"^\| (\S.*?) \| yes \|", PAGE.read_text(), re.MULTILINE)
    assert rows == [row.title for row in ROWS]
