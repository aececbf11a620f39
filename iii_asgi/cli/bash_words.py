"""The words of a line that bash completes, before it has broken them at colons.

bash breaks words at ``:`` and ``=`` too, and puts a completion in place of the last piece alone.
What is typed as ``call --url=ws://host:1 orders::re`` comes as thirteen words.
"""

from __future__ import annotations

import os
from collections.abc import MutableMapping, Sequence

__all__ = ["BEGUN", "mend_words", "mended"]

BEGUN = "_III_ASGI_BEGUN"
"""The variable with what stands before the piece that is completed: ``orders::``."""

_COMPLETE = "_III_ASGI_COMPLETE"
_BREAKS = frozenset(":=")


def mend_words(environ: MutableMapping[str, str] = os.environ) -> None:
    """Mend the variables of bash's completion, where this process was started by it."""
    if environ.get(_COMPLETE) != "complete_bash" or "COMP_WORDS" not in environ:
        return
    text = environ["COMP_WORDS"]
    broken = text.split("\n") if "\n" in text else text.split(" ")
    words, begun = mended(broken[: int(environ["COMP_CWORD"]) + 1])
    environ["COMP_WORDS"] = "\n".join(words)
    environ["COMP_CWORD"] = str(len(words) - 1)
    environ[BEGUN] = begun


def mended(broken: Sequence[str]) -> tuple[list[str], str]:
    """Return whole words, the last one being the piece to complete, and what is before it.

    Args:
        broken: bash's words up to the cursor.
    """
    words: list[str] = []
    begun = ""
    for number, piece in enumerate(broken):
        if number and (_is_break(piece) or _is_break(broken[number - 1])):
            begun += words[-1]
            words[-1] = piece
            if _is_break(piece):
                begun, words[-1] = begun + piece, ""
        else:
            if begun:
                words[-1], begun = begun + words[-1], ""
            words.append(piece)
    return _options(words, begun)


def _options(words: list[str], begun: str) -> tuple[list[str], str]:
    """Take an option apart from its value: ``--http=`` is a word, and no beginning."""
    if begun.startswith("--") and begun.endswith("=") and begun.count("=") == 1:
        return [*words[:-1], begun[:-1], words[-1]], ""
    return words, begun


def _is_break(piece: str) -> bool:
    return bool(piece) and _BREAKS.issuperset(piece)
