"""Words for names: what a service and an action are called when nobody has said.

No word list and no library: the few rules here are frozen by a test, since a change of
them renames functions that callers know.
"""

from __future__ import annotations

import re

__all__ = ["action_words", "singular", "slug", "snake"]

_LIST_VERBS = ("get", "read", "fetch", "find")


def slug(text: str) -> str:
    """Return text in lower case, all but ``a-z0-9`` made ``_``; "" when nothing is left."""
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")


def snake(name: str) -> str:
    """Return a Python name as a slug: ``getUserByID`` is ``get_user_by_id``."""
    return slug(re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name))


def singular(word: str) -> str:
    """Return a word without its plural ending."""
    if word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith(("sses", "xes", "ches", "shes")):
        return word[:-2]
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


def action_words(name: str, service: str) -> str:
    """Return an action from the name of an endpoint, both as slugs.

    ``create_user`` in ``users`` is ``create``: the service's own noun says nothing new.
    ``read_users`` is ``list``; and ``login`` in ``login`` stays, since nothing else is left.
    """
    words, noun = name.split("_"), service.split("_")
    if words[0] in _LIST_VERBS and _is_noun(words[1:], noun) and _is_plural(words[-1]):
        return "list"
    rest: list[str] = []
    position = 0
    while position < len(words):
        if _is_noun(words[position : position + len(noun)], noun):
            position += len(noun)
        else:
            rest.append(words[position])
            position += 1
    return "_".join(rest or words)


def _is_noun(words: list[str], noun: list[str]) -> bool:
    """Whether words are a noun, be it in the singular or the plural."""
    return (
        len(words) == len(noun)
        and words[:-1] == noun[:-1]
        and not _forms(words[-1]).isdisjoint(_forms(noun[-1]))
    )


def _forms(word: str) -> set[str]:
    """Return what a word may be the plural of, and itself: more than the one rule says.

    "movies" may be of "movie", "statuses" of "status".
    """
    forms = {word, singular(word)}
    if _is_plural(word):
        forms |= {word[:-1], word.removesuffix("es")}
    return forms


def _is_plural(word: str) -> bool:
    return singular(word) != word
