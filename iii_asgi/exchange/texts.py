"""Values of arguments as text: in a query, a form, a header or a cookie."""

from __future__ import annotations

from typing import Any

from iii_asgi.catalogue.arguments import Argument
from iii_asgi.errors import InvocationError
from iii_asgi.exchange import wire_http
from iii_asgi.protocol.messages import encode

__all__ = ["expanded", "several"]

# What joins a list that is not exploded (OpenAPI, "Style Values").
_DELIMITERS = {"": ",", "form": ",", "simple": ",", "spaceDelimited": " ", "pipeDelimited": "|"}


def expanded(argument: Argument, value: Any) -> dict[str, str | list[str]]:
    """Return names and texts of a value in a query or form; null is absent.

    Raises:
        InvocationError: the value has no text.
    """
    name = argument.wire_name
    if argument.style == "deepObject" and isinstance(value, dict):
        keys = {f"{name}[{key}]": one for key, one in value.items()}
        found = {key: _texts(argument, one) for key, one in keys.items()}
    else:
        found = {name: _texts(argument, value)}
    return {key: texts for key, texts in found.items() if texts is not None}


def several(argument: Argument, value: Any) -> list[str]:
    """Return the texts of a value where each is said by itself: none for null.

    Raises:
        InvocationError: the value has no text.
    """
    texts = _texts(argument, value)
    return [] if texts is None else [texts] if isinstance(texts, str) else texts


def _texts(argument: Argument, value: Any) -> str | list[str] | None:
    if value is None:
        return None
    if argument.is_json and not isinstance(value, str):
        return encode(value).decode()
    if not isinstance(value, list):
        return _text(argument, value)
    texts = [_text(argument, one) for one in value if one is not None]
    if argument.explode or argument.style not in _DELIMITERS:
        return texts
    return _DELIMITERS[argument.style].join(texts)


def _text(argument: Argument, value: Any) -> str:
    text = wire_http.as_text(value)
    if text is None:
        raise InvocationError(
            "BAD_REQUEST", f"argument {argument.name} is text, a number or a list of them"
        )
    return text
