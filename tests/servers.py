"""Apps as users serve them, each in a process of its own: behind uvicorn, and through iii."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.cli.helpers import Program, running

__all__ = ["Place", "behind_iii", "behind_uvicorn", "engine"]

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True)
class Place:
    """Where an engine is: for workers, and for HTTP."""

    url: str
    http_url: str


@contextmanager
def engine(*flags: str) -> Iterator[Place]:
    """Run the embedded engine; or take the real one, where the environment names it."""
    url, http_url = os.environ.get("III_URL"), os.environ.get("III_HTTP_URL")
    if url and http_url:
        yield Place(url, http_url)
        return
    with running("engine", "--port", "0", "--http-port", "0", *flags) as program:
        program.wait_for("Ready in")
        yield Place(program.wait_for(r"(ws://\S+)"), program.wait_for(r"(http://\S+)"))


@contextmanager
def behind_uvicorn(
    app: str, *flags: str, cwd: Path = ROOT, env: Mapping[str, str] | None = None
) -> Iterator[str]:
    """Serve an app over TCP; give its URL."""
    with running(app, "--port", "0", *flags, cwd=cwd, env=env, module="uvicorn") as program:
        yield program.wait_for(r"running on (http://\S+)")


@contextmanager
def behind_iii(
    place: Place, app: str, *flags: str, cwd: Path = ROOT, env: Mapping[str, str] | None = None
) -> Iterator[Program]:
    """Serve an app with ``iii-asgi serve``; give the program, once all is registered."""
    with running("serve", app, "--url", place.url, *flags, cwd=cwd, env=env) as program:
        program.wait_for("Ready in")
        yield program
