"""Where in the user's own code an exception came from: the frame that is worth showing."""

from __future__ import annotations

import os
import sysconfig
import traceback
from pathlib import Path
from types import TracebackType

__all__ = ["explain", "skip_ours", "skip_to_users"]

_OURS = str(Path(__file__).parents[1]) + os.sep
_NOT_THE_USERS = (
    _OURS,
    "<frozen ",
    *(sysconfig.get_path(name) + os.sep for name in ("stdlib", "purelib", "platlib")),
)


def explain(error: BaseException) -> str:
    """Return an exception as its last frame in the user's code and its own words.

    ::

        shop/orders.py:14, in <module>
          from shop.modls import Order
        ModuleNotFoundError: No module named 'shop.modls'
    """
    words = traceback.format_exception_only(error)
    if isinstance(error, SyntaxError):
        return _relative("".join(words)).rstrip()
    frame = _last_frame(error)
    if frame is None:
        return "".join(words).rstrip()
    where = f"{_relative(frame.filename)}:{frame.lineno}, in {frame.name}"
    return "\n".join([where, f"  {frame.line}", "".join(words).rstrip()])


def skip_ours(trace: TracebackType | None) -> TracebackType | None:
    """Return a traceback from the first frame on that is not of this package."""
    return _skip(trace, _OURS)


def skip_to_users(trace: TracebackType | None) -> TracebackType | None:
    """Return a traceback from the user's first frame on; where none is, from the first not ours."""
    return _skip(trace, _NOT_THE_USERS) or skip_ours(trace)


def _skip(trace: TracebackType | None, places: str | tuple[str, ...]) -> TracebackType | None:
    while trace is not None and trace.tb_frame.f_code.co_filename.startswith(places):
        trace = trace.tb_next
    return trace


def _last_frame(error: BaseException) -> traceback.FrameSummary | None:
    """Return the innermost frame of the user's code, or else of anything but ours."""
    frames = traceback.extract_tb(error.__traceback__)
    users = [one for one in frames if not one.filename.startswith(_NOT_THE_USERS)]
    others = [one for one in frames if not one.filename.startswith((_OURS, "<frozen "))]
    found = users or others
    return found[-1] if found else None


def _relative(text: str) -> str:
    """Take the working directory out of file names."""
    return text.replace(str(Path.cwd()) + os.sep, "")
