"""Arguments whose value is in a file: ``photo=@cat.png``, or ``text=@-`` for stdin."""

from __future__ import annotations

import base64
import mimetypes
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from iii_asgi.errors import SettingsError

__all__ = ["FileValue", "files_of", "is_upload", "with_contents"]

_STDIN = "-"


@dataclass(frozen=True, slots=True)
class FileValue:
    """A value that is still to be read.

    Attributes:
        path: of the file; ``-`` for stdin.
    """

    path: str

    def read(self) -> bytes:
        """Return what is in the file.

        Raises:
            OSError: it cannot be read.
        """
        return sys.stdin.buffer.read() if self.path == _STDIN else Path(self.path).read_bytes()

    def as_upload(self, data: bytes) -> dict[str, str]:
        """Return the file as a direct call takes one (see the how-to on direct calls)."""
        upload = {"base64": base64.b64encode(data).decode()}
        if self.path == _STDIN:
            return upload
        kind = mimetypes.guess_type(self.path)[0]
        named = {"filename": Path(self.path).name, **({"content_type": kind} if kind else {})}
        return {**named, **upload}

    def as_bytes(self, data: bytes) -> dict[str, str]:
        """Return the file as a direct call takes a body that is neither JSON nor a form."""
        kind = mimetypes.guess_type(self.path)[0] or "application/octet-stream"
        return {"content_type": kind, "base64": base64.b64encode(data).decode()}


def files_of(payload: Any) -> dict[str, bytes]:
    """Return argument → what is in its file, of those that are in files.

    Raises:
        SettingsError: a file cannot be read, or two arguments are to come from stdin.
    """
    contents: dict[str, bytes] = {}
    from_stdin = ""
    for key, value in payload.items() if isinstance(payload, Mapping) else ():
        if not isinstance(value, FileValue):
            continue
        if value.path == _STDIN:
            if from_stdin:
                raise SettingsError(key, f"stdin is the value of {from_stdin} already")
            from_stdin = key
        try:
            contents[key] = value.read()
        except OSError as error:
            raise SettingsError(key, f"cannot read {value.path}: {error.strerror}") from None
    return contents


def with_contents(
    payload: Mapping[str, Any], contents: Mapping[str, bytes], schema: Any
) -> dict[str, Any]:
    """Return a payload with what is in its files.

    Args:
        payload: of the call.
        contents: what `files_of` gave.
        schema: of its arguments, if known: a file goes where one is expected, JSON where no
            text is, else its text.

    Raises:
        SettingsError: a file is no text where text is expected, or no JSON where that is.
    """
    read = {key: _value(key, payload[key], data, schema) for key, data in contents.items()}
    return {**payload, **read}


def _value(key: str, value: FileValue, data: bytes, schema: Any) -> Any:
    expected = _property(schema, key)
    if is_upload(expected):
        return value.as_upload(data)
    if is_upload(expected.get("items")):
        return [value.as_upload(data)]
    if any(map(is_upload, expected.get("anyOf", ()))):  # a body of any bytes
        return value.as_bytes(data)
    try:
        return data.decode() if _is_text(expected) else msgspec.json.decode(data)
    except UnicodeDecodeError:
        raise SettingsError(key, f"{value.path} is no UTF-8 text, and no file is wanted") from None
    except msgspec.DecodeError as error:
        raise SettingsError(key, f"{value.path} is no JSON: {error}") from None


def _is_text(schema: Mapping[str, Any]) -> bool:
    """Whether a value can be text, as far as is known."""
    kinds = schema.get("type", "string")
    return "string" in (kinds if isinstance(kinds, list) else [kinds])


def _property(schema: Any, key: str) -> Mapping[str, Any]:
    properties = schema.get("properties") if isinstance(schema, Mapping) else None
    found = properties.get(key) if isinstance(properties, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def is_upload(schema: Any) -> bool:
    """Whether a schema is one of `iii_asgi.catalogue`'s for an uploaded file."""
    encoded = _property(schema, "base64")
    return encoded.get("contentEncoding") == "base64"
