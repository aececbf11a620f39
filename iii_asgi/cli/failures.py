"""How a command fails: what is said, the exit code, what to install when a part is missing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from iii_asgi.cli.printable import printable
from iii_asgi.cli.program import command_line
from iii_asgi.errors import (
    ConnectionLostError,
    Error,
    InvocationError,
    LifespanError,
    MissingExtraError,
)

__all__ = ["described", "fail", "needs_standard", "start_an_engine"]

_STANDARD = ("watchfiles", "dotenv", "uvloop")


def start_an_engine() -> str:
    """Return what to do where no engine is."""
    dev = command_line("dev")
    return f'Start the engine with "iii --config config.yaml", or use "{dev}", which brings one'


def described(error: Error) -> str:
    """Return what to tell the user: what happened, then how to mend it, line by line."""
    notes = "".join(f"\n{note}" for note in getattr(error, "__notes__", ()))
    if isinstance(error, ConnectionLostError):
        return f"{error}\n{start_an_engine()}"
    if isinstance(error, LifespanError) and error.__cause__ is not None:
        # The message may be a whole traceback (Starlette's is); one frame of it matters.
        from iii_asgi.cli.frames import explain

        what = str(error).partition(":")[0].capitalize()
        return f"{what}\n{explain(error.__cause__)}{notes}"
    return f"{error}{notes}"


def fail(error: Error) -> None:
    """Say on stderr why the command failed."""
    from rich.console import Console
    from rich.text import Text

    first, *rest = described(error).splitlines()
    if isinstance(error, InvocationError):
        text = Text.assemble((error.code, "bold red"), first.removeprefix(error.code))
    else:
        text = Text.assemble(("Error", "bold red"), f"  {first}")
    for line in rest:
        text.append(f"\n       {line}")
    Console(stderr=True, highlight=False, soft_wrap=True).print(printable(text))


@contextmanager
def needs_standard() -> Iterator[None]:
    """Say what to install when an import within needs the extra ``standard``.

    Raises:
        MissingExtraError: a package of it is missing.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in _STANDARD:
            raise
        raise MissingExtraError(error.name or "") from None
