"""Forms with files: ``multipart/form-data`` (RFC 7578), written by ourselves.

httpx writes it, too, but of bytes and files alone: a file may come by channel here.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import msgspec

from iii_asgi.errors import InvocationError
from iii_asgi.exchange import wire_http
from iii_asgi.protocol.messages import ChannelRef

__all__ = ["File", "Piece", "encode_multipart", "read_channel", "read_file"]

Piece: TypeAlias = bytes | ChannelRef
"""A piece of a body: bytes, or a channel that holds them."""

_CHANNEL_KEYS = frozenset({"channel_id", "access_key", "direction"})
_FILE_KEYS = frozenset({"filename", "content_type"})


@dataclass(frozen=True, slots=True)
class File:
    """A file that a caller sent."""

    filename: str
    content_type: bytes
    data: Piece


def read_channel(value: Any, name: str, direction: str) -> ChannelRef:
    """Return the channel that a caller handed over.

    Args:
        value: of the argument.
        name: of the argument.
        direction: which end of it we need: ``read`` or ``write``.

    Raises:
        InvocationError: it is none, or the other end of it.
    """
    try:
        ref = msgspec.convert(value, ChannelRef)
    except msgspec.ValidationError:
        raise InvocationError("BAD_REQUEST", f"{name} is the reference of a channel") from None
    if ref.direction != direction:
        raise InvocationError(
            "BAD_REQUEST", f"{name} is the end of a channel with the direction {direction!r}"
        )
    return ref


def read_file(value: Any, name: str) -> File:
    """Return the file that stands in an argument.

    Raises:
        InvocationError: it is none.
    """
    keys = value.keys() if isinstance(value, Mapping) else frozenset()
    if keys - _FILE_KEYS == {"base64"}:
        data: Piece = read_base64(value["base64"], name)
    elif keys - _FILE_KEYS == _CHANNEL_KEYS:
        data = read_channel({key: value[key] for key in _CHANNEL_KEYS}, name, "read")
    else:
        raise InvocationError(
            "BAD_REQUEST",
            f'argument {name} is a file: {{"filename": ..., "content_type": ..., "base64": ...}}, '
            "or a channel to read",
        )
    filename = value.get("filename", name)
    if not isinstance(filename, str):
        raise InvocationError("BAD_REQUEST", f"argument {name}: filename is text")
    return File(filename, read_content_type(value, name), data)


def read_base64(value: Any, name: str) -> bytes:
    """Return the bytes that a caller wrote in base64."""
    try:
        return base64.b64decode(value, validate=True)
    except (ValueError, TypeError):
        raise InvocationError("BAD_REQUEST", f"argument {name}: base64 is no base64") from None


def read_content_type(value: Mapping[str, Any], name: str) -> bytes:
    """Return the content type that stands beside some bytes."""
    given = value.get("content_type", "application/octet-stream")
    encoded = wire_http.header_value(given) if isinstance(given, str) else None
    if not encoded:
        raise InvocationError(
            "BAD_REQUEST", f"argument {name}: content_type is the name of a media type"
        )
    return encoded


def encode_multipart(fields: Iterable[tuple[str, str | File]]) -> tuple[bytes, list[Piece]]:
    """Return a form's content type, and its body in pieces.

    Args:
        fields: name and value, in order; a name may come again.
    """
    boundary = secrets.token_hex(16).encode()
    pieces: list[Piece] = []
    for name, value in fields:
        head = b'--%s\r\ncontent-disposition: form-data; name="%s"' % (boundary, _quoted(name))
        if isinstance(value, str):
            pieces.append(b"%s\r\n\r\n%s\r\n" % (head, value.encode()))
        else:
            filename = _quoted(value.filename)
            head += b'; filename="%s"\r\ncontent-type: %s' % (filename, value.content_type)
            pieces += (head + b"\r\n\r\n", value.data, b"\r\n")
    pieces.append(b"--%s--\r\n" % boundary)
    return b"multipart/form-data; boundary=" + boundary, pieces


# A quoted string (RFC 2183 section 2), which no line break can be in: that is left as
# browsers write it.
_ESCAPED = str.maketrans({'"': '\\"', "\\": "\\\\", "\r": "%0D", "\n": "%0A"})


def _quoted(text: str) -> bytes:
    return text.translate(_ESCAPED).encode()
