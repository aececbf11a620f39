"""The public names are what can be imported."""

from __future__ import annotations

import iii_asgi


def test_public_names() -> None:
    """Every name of `__all__` can be imported and says what it is, in order."""
    assert iii_asgi.__all__ == sorted(iii_asgi.__all__)
    for name in iii_asgi.__all__:
        assert name == "__version__" or getattr(iii_asgi, name).__doc__


def test_other_names() -> None:
    """A name that is not public is an AttributeError."""
    assert not hasattr(iii_asgi, "nothing")
