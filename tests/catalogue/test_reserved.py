"""Reserved arguments in the schema of a function."""

from __future__ import annotations

from typing import Any

from iii_asgi.catalogue.reserved import credential_changes, declared


def asking(**headers: Any) -> dict[str, Any]:
    """Return a schema that asks for credentials in headers, beside an argument of its own."""
    return {"properties": {"a": {}, "$headers": {"properties": headers}, "$body": {}}}


def test_declared() -> None:
    """The function's own arguments stay, and the body as a whole is one of them."""
    assert declared(asking(authorization={})) == {"properties": {"a": {}, "$body": {}}}
    assert declared({"type": "object"}) == {"type": "object"}


def test_changes() -> None:
    """A new credential may break callers; one that is no longer asked for does not."""
    assert list(credential_changes(asking(a={}, b={}), asking(b={}, c={}))) == [
        ("argument `$headers.c`: none → a credential: may break, it may be required", True),
        ("argument `$headers.a`: a credential → none", False),
    ]
    assert not list(credential_changes({}, {"properties": 3}))
