"""Where test clients call apps: each such call is offered to the run.

Starlette's ``TestClient`` (FastAPI's is the same) and the ``ASGITransport`` of httpx and httpx2
hold the app in their transport, and call it from one method. That method is run with the app
exchanged; what a test can see of transport and client stays as it is. Subclasses inherit it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from functools import wraps
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any, TypeAlias

__all__ = ["Patches"]

Exchange: TypeAlias = Callable[[Any], Any]
"""Takes the transport, and returns the app that is to be called."""

# Module → class in it, and the method that calls the app.
_TRANSPORTS = {
    "starlette.testclient": ("_TestClientTransport", "handle_request"),
    "httpx": ("ASGITransport", "handle_async_request"),
    "httpx2": ("ASGITransport", "handle_async_request"),
}


class Patches(MetaPathFinder):
    """The patches of a run. Modules that are imported later are patched then."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._patched: list[tuple[type, str, Any]] = []

    def install(self) -> None:
        """Begin."""
        for name in _TRANSPORTS:
            if (module := sys.modules.get(name)) is not None:
                self.patch(module)
        sys.meta_path.insert(0, self)

    def remove(self) -> None:
        """End, and leave everything as it was."""
        sys.meta_path.remove(self)
        while self._patched:
            owner, name, original = self._patched.pop()
            setattr(owner, name, original)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Find one of the modules as the others do, and have it patched when it is there."""
        if fullname not in _TRANSPORTS:
            return None
        for finder in sys.meta_path:
            if finder is self or not hasattr(finder, "find_spec"):
                continue
            spec = finder.find_spec(fullname, path, target)
            if spec is not None:
                if spec.loader is not None:
                    spec.loader = _Patching(spec.loader, self)
                return spec
        return None

    def patch(self, module: ModuleType) -> None:
        """Patch the transport of a module."""
        class_name, name = _TRANSPORTS[module.__name__]
        owner = getattr(module, class_name, None)
        if owner is None:  # a version without one
            return
        original = getattr(owner, name)
        patched = (_sync if class_name.startswith("_Test") else _async)(original, self._exchange)
        setattr(owner, name, patched)
        self._patched.append((owner, name, original))


def _sync(original: Callable[..., Any], exchange: Exchange) -> Callable[..., Any]:
    @wraps(original)
    def handle(self: Any, request: Any) -> Any:
        return original(_Stand(self, exchange(self)), request)

    return handle


def _async(original: Callable[..., Any], exchange: Exchange) -> Callable[..., Any]:
    @wraps(original)
    async def handle(self: Any, request: Any) -> Any:
        return await original(_Stand(self, exchange(self)), request)

    return handle


class _Stand:
    """Stands for a transport in its own method, with another app."""

    def __init__(self, transport: Any, app: Any) -> None:
        vars(self).update(_transport=transport, app=app)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self._transport, name, value)


class _Patching(Loader):
    """Loads a module as its own loader does, then has it patched."""

    def __init__(self, loader: Any, patches: Patches) -> None:
        self._loader = loader
        self._patches = patches

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        """See `Loader`."""
        module: ModuleType | None = self._loader.create_module(spec)
        return module

    def exec_module(self, module: ModuleType) -> None:
        """See `Loader`."""
        if module.__spec__ is not None:
            module.__spec__.loader = module.__loader__ = self._loader  # as if it had been alone
        self._loader.exec_module(module)
        self._patches.patch(module)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loader, name)
