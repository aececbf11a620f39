"""The small conversions between the wire's text and HTTP's bytes that the exchanges share."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TypeAlias
from urllib.parse import quote_plus

__all__ = [
    "HeaderLines",
    "content_type_of",
    "encode_headers",
    "encode_query",
    "header_text",
    "is_json",
    "response_lines",
]

HeaderLines: TypeAlias = list[tuple[bytes, bytes]]

# RFC 9110 section 7.6.1: they belong to one connection, and this is another one.
_HOP_BY_HOP = frozenset(
    {
        "connection",
        "keep-alive",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
_HOP_BY_HOP_BYTES = frozenset(name.encode() for name in _HOP_BY_HOP)

_plain = re.compile(r"[A-Za-z0-9_.~\-]*\Z").match

# Clients send the same few names again and again; None marks a name to drop.
_names: dict[str, bytes | None] = dict.fromkeys(_HOP_BY_HOP)
_NAMES_AT_MOST = 1024


def encode_headers(headers: Mapping[str, str | list[str]]) -> HeaderLines:
    """Return header lines for an ASGI scope: lower-case names, hop-by-hop ones dropped.

    The engine passes values that were UTF-8 on the wire, so UTF-8 restores their bytes.
    """
    lines: HeaderLines = []
    for name, value in headers.items():
        try:
            encoded = _names[name]
        except KeyError:
            encoded = _learn(name)
        if encoded is None:
            continue
        if type(value) is str:
            lines.append((encoded, value.encode()))
        else:
            lines.extend((encoded, one.encode()) for one in value)
    return lines


def _learn(name: str) -> bytes | None:
    lower = name.lower()
    encoded = None if lower in _HOP_BY_HOP else lower.encode("utf-8")
    if len(_names) < _NAMES_AT_MOST:
        _names[name] = encoded
    return encoded


def encode_query(parameters: Mapping[str, str | list[str]]) -> str:
    """Return a query string; a list repeats its key. The engine passes decoded values."""
    pairs = []
    for key, value in parameters.items():
        name = key if _plain(key) else quote_plus(key)
        for one in (value,) if type(value) is str else value:
            pairs.append(f"{name}={one if _plain(one) else quote_plus(one)}")
    return "&".join(pairs)


def response_lines(raw: Iterable[tuple[bytes, bytes]]) -> Iterator[tuple[bytes, bytes]]:
    """Yield the header lines of an answer without the hop-by-hop ones."""
    return (line for line in raw if line[0].lower() not in _HOP_BY_HOP_BYTES)


def header_text(value: bytes) -> str:
    """Return header bytes as the wire's text: the engine writes it as UTF-8 again.

    Bytes that are no UTF-8 are read as latin-1, as HTTP once said they are.
    """
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode("latin-1")


def content_type_of(raw: Iterable[tuple[bytes, bytes]]) -> str | None:
    """Return the media type of header lines, lower-case and without parameters, or None."""
    for name, value in raw:
        if name.lower() == b"content-type":
            return value.decode("latin-1").partition(";")[0].strip().lower()
    return None


def is_json(media_type: str) -> bool:
    """Whether a media type is JSON: ``application/json``, ``application/problem+json`` …"""
    return media_type == "application/json" or media_type.endswith("+json")
