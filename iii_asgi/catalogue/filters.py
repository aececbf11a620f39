"""Which routes are offered: include and exclude, by path, method, tag and function id.

Includes are asked first, then excludes, which win. A ``*`` stands for any text, slashes too;
``/admin/*`` is ``/admin`` and all below it, so that nobody leaves a door open by a slash.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from iii_asgi.catalogue.model import Route, Skipped
from iii_asgi.catalogue.templates import REST
from iii_asgi.errors import CatalogueError
from iii_asgi.settings import FILTER, Settings

__all__ = ["Filters"]

_PARAMETER = re.compile(r"{[^{}/]*}")


@dataclass(frozen=True, slots=True)
class _Filter:
    """One filter, as `Settings` has let it through.

    Attributes:
        flag: ``--include`` or ``--exclude``, for messages.
        text: as it was written.
    """

    flag: str
    text: str
    method: str | None
    path: str | None
    tag: str | None
    id: str | None

    def __str__(self) -> str:
        return f"{self.flag} {self.text!r}"

    def matches(self, route: Route, methods: Collection[str], function_id: str) -> bool:
        """Whether it means a route, served for one of these methods by that function."""
        if self.tag is not None:
            return any(_glob(self.tag, tag) for tag in route.tags)
        if self.id is not None:
            return _glob(self.id, function_id)
        if self.method is not None and self.method not in methods:
            return False
        return self.path is None or self.matches_path(_place_of(route))

    def matches_path(self, path: str) -> bool:
        """Whether it means a template; the names of parameters do not count."""
        if self.path is None:
            return False
        own, path = _normal(self.path), _normal(path)
        return _glob(own, path) or _glob(own.removesuffix("/*"), path)

    def means_part_of(self, mount: str) -> bool:
        """Whether it means something behind a path, but not all of it."""
        fixed, star, _ = (self.path or "").partition("*")
        is_inside = _normal(fixed, keep=bool(star)).startswith(_normal(mount).rstrip("/") + "/")
        return is_inside and not self.matches_path(mount)


class Filters:
    """The filters of a bridge, and what each of them has matched so far."""

    def __init__(self, settings: Settings) -> None:
        self._include = [_parsed("--include", text) for text in settings.include]
        self._exclude = [_parsed("--exclude", text) for text in settings.exclude]
        self._used: set[_Filter] = set()

    @property
    def includes(self) -> bool:
        """Whether only what is named is offered."""
        return bool(self._include)

    def against(self, route: Route, methods: Collection[str], function_id: str = "") -> str:
        """Return why a route is not offered, or "" when it is.

        Args:
            route: what is asked about.
            methods: what a filter may call the method: HEAD that comes with GET is both.
            function_id: "" where it makes no function.
        """
        hits = [one for one in self._all() if one.matches(route, methods, function_id)]
        self._used.update(hits)
        if not route.mark.enabled:
            return "excluded by expose(enabled=False)"
        if self._include and not any(one in self._include for one in hits):
            return "no --include matches it"
        return next((f"excluded by {one}" for one in hits if one in self._exclude), "")

    def check(self, routes: Iterable[Route]) -> None:
        """See to it that no filter means a part of an app that is one function.

        Raises:
            CatalogueError: one does; what is in such an app cannot be told apart.
        """
        mounts = [_place_of(route) for route in routes if route.kind == "app"]
        for one in self._all():
            for mount in mounts:
                # At the root, whatever a path means may be in there as well as in a route.
                is_elsewhere = mount == "/" and one in self._used
                if one.means_part_of(mount) and not is_elsewhere:
                    whole = f"{mount.rstrip('/')}/*"
                    raise CatalogueError(
                        f"{one} means a part of the app at {mount}, whose routes cannot be "
                        f"seen. Write {whole} for all of it, or let that app refuse the rest."
                    )

    def warnings(self, skipped: Iterable[Skipped]) -> Iterator[str]:
        """Yield what to say of filters that matched nothing, skipped routes included."""
        paths = [one.path for one in skipped]
        for one in self._all():
            if one not in self._used and not any(map(one.matches_path, paths)):
                yield f"{one} matches no route"

    def _all(self) -> Iterator[_Filter]:
        yield from self._include
        yield from self._exclude


def _parsed(flag: str, text: str) -> _Filter:
    parts = FILTER.fullmatch(text)
    assert parts is not None, "Settings has checked it"
    return _Filter(flag, text, **parts.groupdict())


def _place_of(route: Route) -> str:
    """Return the template of a route, or where an opaque app is."""
    return route.path if route.kind == "route" else route.path.removesuffix(REST) or "/"


@lru_cache(maxsize=4096)
def _normal(path: str, *, keep: bool = False) -> str:
    """Return a path without the names of parameters, and (unless kept) without a last slash."""
    path = _PARAMETER.sub("{}", path)
    return path if keep else path.rstrip("/") or "/"


def _glob(pattern: str, text: str) -> bool:
    return _compiled(pattern).fullmatch(text) is not None


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, pattern.split("*"))), re.DOTALL)
