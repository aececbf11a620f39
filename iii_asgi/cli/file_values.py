"""Arguments whose value is in a file: ``photo=@cat.png``, or ``text=@-`` for stdin."""

from __future__ import annotations

import base64
import mimetypes
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from iii_asgi.errors import SettingsError

__all__ = ["FileValue", "has_files", "is_upload", "with_contents"]

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


def has_files(payload: Any) -> bool:
    """Whether an argument is to be read from a file."""
    return isinstance(payload, Mapping) and any(
        isinstance(value, FileValue) for value in payload.values()
    )


def with_contents(payload: Mapping[str, Any], schema: Any) -> dict[str, Any]:
    """Return a payload with what is in its files.

    Args:
        payload: of the call.
        schema: of its arguments, if known: a file goes where one is expected, else its text.

    Raises:
        SettingsError: a file cannot be read, or is no text where text is expected.
    """
    return {
        key: _content(key, value, schema) if isinstance(value, FileValue) else value
        for key, value in payload.items()
    }


def _content(key: str, value: FileValue, schema: Any) -> Any:
    try:
        data = value.read()
    except OSError as error:
        raise SettingsError(key, f"cannot read {value.path}: {error.strerror}") from None
    expected = _property(schema, key)
    if is_upload(expected):
        return value.as_upload(data)
    if is_upload(expected.get("items")):
        return [value.as_upload(data)]
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise SettingsError(key, f"{value.path} is no UTF-8 text, and no file is wanted") from None


def _property(schema: Any, key: str) -> Mapping[str, Any]:
    properties = schema.get("properties") if isinstance(schema, Mapping) else None
    found = properties.get(key) if isinstance(properties, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def is_upload(schema: Any) -> bool:
    """Whether a schema is one of `iii_asgi.catalogue`'s for an uploaded file."""
    encoded = _property(schema, "base64")
    return encoded.get("contentEncoding") == "base64"
