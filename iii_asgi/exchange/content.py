"""The body of a direct call: JSON, a form, or bytes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from iii_asgi.catalogue.arguments import WHOLE_BODY, Argument, Body
from iii_asgi.errors import InvocationError
from iii_asgi.exchange import wire_http
from iii_asgi.exchange.multipart import (
    File,
    Piece,
    encode_multipart,
    read_base64,
    read_channel,
    read_content_type,
    read_file,
)
from iii_asgi.exchange.texts import expanded
from iii_asgi.protocol.messages import encode

__all__ = ["Content", "json_content", "object_content", "untyped_content", "whole_content"]


@dataclass(slots=True)
class Content:
    """A body to send: its content-type, and its bytes in pieces."""

    media_type: bytes
    pieces: Sequence[Piece]


def json_content(value: Any, media_type: bytes = b"application/json") -> Content:
    """Return a value as JSON."""
    return Content(media_type, (encode(value),))


def untyped_content(value: Any) -> Content:
    """Return a whole body of which nobody says what it is: JSON, or bytes in base64."""
    if isinstance(value, dict) and value.keys() == {"content_type", "base64"}:
        return _base64_content(value)
    return json_content(value)


def object_content(body: Body, fields: dict[str, Any]) -> Content:
    """Return the body with these fields.

    Raises:
        InvocationError: one of them has no text, or is no file, where the form wants it.
    """
    media_type = body.media_type.encode()
    if body.kind == "json":
        return json_content(fields, media_type)
    known = {one.name: one for one in body.fields}
    if body.kind == "multipart":
        return Content(*encode_multipart(_parts(fields, known)))
    pairs: dict[str, str | list[str]] = {}
    for name, value in fields.items():
        pairs |= expanded(_argument(name, known), value)
    return Content(media_type, (wire_http.encode_query(pairs).encode(),))


def whole_content(body: Body, value: Any) -> Content:
    """Return the body that is this value.

    Raises:
        InvocationError: it cannot be this.
    """
    if body.kind == "json":
        return json_content(value, body.media_type.encode())
    if body.kind == "bytes":
        return _bytes_content(body, value)
    if isinstance(value, dict):
        return object_content(body, value)
    raise InvocationError("BAD_REQUEST", f"{WHOLE_BODY} is an object: the fields of a form")


def _argument(name: str, known: Mapping[str, Argument]) -> Argument:
    return known.get(name) or Argument(name, "field", name)


def _parts(
    fields: Mapping[str, Any], known: Mapping[str, Argument]
) -> Iterator[tuple[str, str | File]]:
    """Yield a form's parts: null is absent, a list repeats its name."""
    for name, value in fields.items():
        argument = _argument(name, known)
        if argument.is_file:
            for one in value if isinstance(value, list) else [value]:
                if one is not None:
                    yield name, read_file(one, name)
        else:
            for key, texts in expanded(argument, value).items():
                for text in [texts] if isinstance(texts, str) else texts:
                    yield key, text


def _bytes_content(body: Body, value: Any) -> Content:
    if isinstance(value, str):
        return Content(body.media_type.encode(), (value.encode(),))
    if isinstance(value, dict) and value.keys() == {"content_type", "base64"}:
        return _base64_content(value)
    if isinstance(value, dict) and "channel_id" in value:
        ref = read_channel(value, WHOLE_BODY, "read")
        return Content(body.media_type.encode(), (ref,))
    raise InvocationError(
        "BAD_REQUEST",
        f'{WHOLE_BODY} is text, {{"content_type": ..., "base64": ...}}, or a channel to read',
    )


def _base64_content(value: Mapping[str, Any]) -> Content:
    data = read_base64(value["base64"], WHOLE_BODY)
    return Content(read_content_type(value, WHOLE_BODY), (data,))
