"""``{"$http": {...}}``: a direct call in the words of HTTP."""

from __future__ import annotations

import base64
from typing import Any, NoReturn

import msgspec

from iii_asgi.errors import InvocationError
from iii_asgi.exchange import wire_http
from iii_asgi.exchange.wire_http import HeaderLines
from iii_asgi.protocol.messages import encode

__all__ = ["HttpEnvelope", "read_body", "read_envelope", "read_headers", "refuse"]


class HttpEnvelope(msgspec.Struct, forbid_unknown_fields=True):
    """What stands under ``$http``. `method` and `path` are for opaque functions only."""

    path_params: dict[str, Any] = {}
    query_params: dict[str, Any] = {}
    headers: dict[str, str | list[str]] = {}
    body: Any = None
    method: str | None = None
    path: str | None = None


def refuse(problem: str) -> NoReturn:
    """Answer a caller whose envelope cannot be used.

    Raises:
        InvocationError: always.
    """
    raise InvocationError("BAD_REQUEST", f"$http: {problem}")


def read_envelope(arguments: dict[str, Any]) -> HttpEnvelope:
    """Return what stands under ``$http`` in the arguments of a call.

    Raises:
        InvocationError: it has the wrong shape, or is not alone (``$response`` may stand
            beside it).
    """
    if arguments.keys() - {"$http", "$response"}:
        refuse("it stands alone, without other arguments")
    try:
        return msgspec.convert(arguments["$http"], HttpEnvelope)
    except msgspec.ValidationError as error:
        refuse(str(error))


def read_headers(envelope: HttpEnvelope) -> HeaderLines:
    """Return the header lines; the content-length is the body's own.

    Raises:
        InvocationError: a header that HTTP cannot carry.
    """
    lines = wire_http.encode_headers(envelope.headers)
    return [line for line in lines if line[0] != b"content-length"]


def read_body(envelope: HttpEnvelope, media_type: str | None) -> tuple[bytes, bytes | None]:
    """Return the body's bytes, and the content-type to add where the caller gave none.

    Null is no body. Text goes as it is under a content-type that is not JSON. ``{content_type,
    base64}`` is any bytes. All else is JSON.

    Args:
        envelope: of the call.
        media_type: that the caller gave, in lower case and without parameters.

    Raises:
        InvocationError: the body does not go with its content-type.
    """
    body = envelope.body
    if body is None:
        return b"", None
    if isinstance(body, dict) and body.keys() == {"content_type", "base64"}:
        return _read_base64(body, media_type)
    if media_type is None or wire_http.is_json(media_type):
        return encode(body), None if media_type else b"application/json"
    if not isinstance(body, str):
        refuse(f'a body of type {media_type} is text, or {{"content_type": ..., "base64": ...}}')
    return body.encode(), None


def _read_base64(body: dict[str, Any], media_type: str | None) -> tuple[bytes, bytes | None]:
    try:
        data = base64.b64decode(body["base64"], validate=True)
    except (ValueError, TypeError):
        refuse("body.base64 is no base64")
    content_type = body["content_type"]
    value = wire_http.header_value(content_type) if isinstance(content_type, str) else None
    if not value:
        refuse("body.content_type is the name of a media type")
    return data, None if media_type else value
