"""What a trusted proxy says of the client: ``X-Forwarded-Proto`` and ``X-Forwarded-For``.

The rules are those of uvicorn's ``--proxy-headers`` where every peer is trusted. Here no other
choice exists: requests come from the engine alone, and it tells no peer's address.
``X-Forwarded-Host`` is not taken, as it is not there either.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["forwarded"]

_SCHEMES = frozenset({"http", "https", "ws", "wss"})


def forwarded(headers: Mapping[str, str | list[str]]) -> dict[str, Any]:
    """Return the entries of an ASGI scope that a proxy has told; nothing where it told nothing.

    Args:
        headers: of a request that came through a proxy, with names in lower case.
    """
    entries: dict[str, Any] = {}
    protos = _values(headers, "x-forwarded-proto")
    if protos and (scheme := protos[-1].strip()) in _SCHEMES:
        entries["scheme"] = scheme
    # The first address is the client; each proxy appends the one that it was asked by.
    addresses = ", ".join(_values(headers, "x-forwarded-for"))
    host, port = _host_and_port(addresses.partition(",")[0].strip())
    if host:
        entries["client"] = (host, port)
    return entries


def _values(headers: Mapping[str, str | list[str]], name: str) -> list[str]:
    value = headers.get(name, [])
    values = [value] if isinstance(value, str) else value
    return [one.encode().decode("latin-1") for one in values]  # as a server reads the bytes


def _host_and_port(address: str) -> tuple[str, int]:
    """Split an address: ``host``, ``host:port``, ``[IPv6]`` or ``[IPv6]:port``.

    What is none of these is left as it is. The port is 0 where it is not known.
    """
    if address.startswith("["):
        host, bracket, rest = address[1:].partition("]")
        if not bracket or (rest and not rest.startswith(":")):
            return address, 0
        return host, _number(rest[1:]) or 0
    host, colon, port = address.partition(":")
    number = _number(port) if colon and ":" not in port else None
    return (address, 0) if number is None else (host, number)


def _number(text: str) -> int | None:
    try:
        return int(text)
    except ValueError:
        return None
