"""The odd ends of the engine's side of the wire."""

from __future__ import annotations

import uuid

from iii_asgi.engine.wire import is_uuid, new_id


def test_ids_are_random_uuids() -> None:
    """Of version 4, spelled as usual, and none twice."""
    ids = [new_id() for _ in range(1000)]

    assert {(uuid.UUID(one).version, uuid.UUID(one).variant) for one in ids} == {(4, uuid.RFC_4122)}
    assert all(str(uuid.UUID(one)) == one for one in ids)
    assert len(set(ids)) == 1000


def test_what_can_be_an_id() -> None:
    """Any UUID, in capitals too."""
    assert is_uuid(new_id().upper())
    assert not is_uuid("call-7")
