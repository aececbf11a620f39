"""Which changed files make `dev` load the app anew."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path

from iii_asgi.cli.failures import needs_standard

with needs_standard():
    from watchfiles import Change, DefaultFilter, awatch

__all__ = ["Watching"]


@dataclass(frozen=True, slots=True)
class Watching:
    """What is watched.

    Attributes:
        folders: with all that is in them; the usual caches and environments apart.
        include: globs of file names, besides ``*.py``.
        exclude: globs, or folders, that win over `include`.
    """

    folders: tuple[Path, ...]
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()

    async def changes(self) -> AsyncGenerator[list[str], None]:
        """Yield the files that have changed, as often as some have, for ever."""
        usual = DefaultFilter()

        def is_wanted(change: Change, path: str) -> bool:
            return usual(change, path) and self.matches(Path(path))

        folders = [one.resolve() for one in self.folders]
        async for found in awatch(*folders, watch_filter=is_wanted, ignore_permission_denied=True):
            yield sorted({path for _, path in found})

    def matches(self, path: Path) -> bool:
        """Whether a file is one that is watched."""
        if any(path.match(one) or Path(one).resolve() in path.parents for one in self.exclude):
            return False
        return any(path.match(one) for one in ("*.py", *self.include))
