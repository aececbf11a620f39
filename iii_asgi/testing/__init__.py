"""For tests: an app through iii.

`through_iii` wraps an app, `TestClient` is Starlette's with its app wrapped; ``pytest --iii``
does it for tests as they are. Names are imported when they are first used: pytest imports this
package in every run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from iii_asgi.testing.client import TestClient
    from iii_asgi.testing.through import through_iii

__all__ = ["TestClient", "through_iii"]

_HOMES = {"TestClient": "client", "through_iii": "through"}


def __getattr__(name: str) -> Any:
    if (home := _HOMES.get(name)) is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{home}"), name)


def __dir__() -> list[str]:
    return __all__
