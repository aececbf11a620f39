"""iii-asgi puts an existing ASGI app on the iii engine: every route a function.

    from iii_asgi import Bridge

    Bridge(app).run()

Names are imported when they are first used, so that `import iii_asgi` in a route module,
or ``iii-asgi --help``, costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from iii_asgi.version import __version__

if TYPE_CHECKING:
    from iii_asgi.attachment import attach
    from iii_asgi.bridge import Bridge
    from iii_asgi.dependencies import CurrentInvocation
    from iii_asgi.invocation import Caller, Invocation, get_invocation
    from iii_asgi.marks import Trigger, expose
    from iii_asgi.settings import Settings

__all__ = [
    "Bridge",
    "Caller",
    "CurrentInvocation",
    "Invocation",
    "Settings",
    "Trigger",
    "__version__",
    "attach",
    "expose",
    "get_invocation",
]

_HOMES = {
    "Bridge": "bridge",
    "Caller": "invocation",
    "CurrentInvocation": "dependencies",
    "Invocation": "invocation",
    "Settings": "settings",
    "Trigger": "marks",
    "attach": "attachment",
    "expose": "marks",
    "get_invocation": "invocation",
}


def __getattr__(name: str) -> Any:
    if (home := _HOMES.get(name)) is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{home}"), name)


def __dir__() -> list[str]:
    return __all__
