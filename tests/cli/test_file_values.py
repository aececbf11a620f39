"""Arguments whose value is in a file."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest

from iii_asgi.cli.call import arguments_of
from iii_asgi.cli.file_values import files_of, with_contents
from iii_asgi.errors import SettingsError

UPLOAD = {"properties": {"base64": {"contentEncoding": "base64"}}}
SCHEMA = {"properties": {"one": UPLOAD, "many": {"type": "array", "items": UPLOAD}, "text": {}}}


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """A file that is no text."""
    path = tmp_path / "ü.png"
    path.write_bytes(b"\x00\xff")
    return path


def test_upload(photo: Path) -> None:
    """Where a file is expected it is sent as one, with its name and type."""
    payload = arguments_of([f"one=@{photo}", f"many=@{photo}", "n=1"], None)
    sent = {"filename": "ü.png", "content_type": "image/png", "base64": "AP8="}

    contents = files_of(payload)
    assert contents == {"one": b"\x00\xff", "many": b"\x00\xff"}
    assert with_contents(payload, contents, SCHEMA) == {"one": sent, "many": [sent], "n": 1}


@pytest.mark.parametrize("schema", [SCHEMA, None, "nonsense", {"properties": 3}])
def test_text(schema: Any, tmp_path: Path) -> None:
    """Elsewhere its text is the value, as it is: `1` stays text."""
    path = tmp_path / "note.txt"
    path.write_text("1", "utf-8")

    payload = arguments_of([f"text=@{path}"], None)
    assert with_contents(payload, files_of(payload), schema) == {"text": "1"}


def test_body_of_bytes(photo: Path) -> None:
    """A body that is neither JSON nor a form is sent as bytes with their type."""
    taken = [{"type": "string"}, UPLOAD, {"type": "object"}]
    schema = {"properties": {"$body": {"anyOf": taken, "type": ["string", "object"]}}}
    payload = arguments_of([f"$body=@{photo}"], None)

    sent = {"content_type": "image/png", "base64": "AP8="}
    assert with_contents(payload, files_of(payload), schema) == {"$body": sent}


def test_json(tmp_path: Path) -> None:
    """Where no text is expected the file is JSON."""
    (tmp_path / "a.json").write_text('{"a": 1}')
    (tmp_path / "b.json").write_text("{")
    schema = {"properties": {name: {"type": ["object", "null"]} for name in "ab"}}
    payload = arguments_of([f"a=@{tmp_path / 'a.json'}"], None)
    assert with_contents(payload, files_of(payload), schema) == {"a": {"a": 1}}

    payload = arguments_of([f"b=@{tmp_path / 'b.json'}"], None)
    with pytest.raises(SettingsError, match=r"b: .*b\.json is no JSON"):
        with_contents(payload, files_of(payload), schema)


def test_no_file() -> None:
    """A doubled @ is one, and JSON is taken as it is."""
    payload = arguments_of(["a=@@x"], '{"b": "@y"}')

    assert payload == {"a": "@x", "b": "@y"}
    assert not files_of(payload)
    assert not files_of([1])


def test_what_cannot_be_used(photo: Path, tmp_path: Path) -> None:
    """An error names the argument and the file."""
    payload = arguments_of([f"text=@{photo}"], None)
    with pytest.raises(SettingsError, match=r"text: .*ü.png is no UTF-8 text"):
        with_contents(payload, files_of(payload), SCHEMA)
    with pytest.raises(SettingsError, match=r"one: cannot read .*none: No such file"):
        files_of(arguments_of([f"one=@{tmp_path / 'none'}"], None))


def test_stdin_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What comes from stdin is one argument's."""
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"tea")))
    assert files_of(arguments_of(["a=@-"], None)) == {"a": b"tea"}
    with pytest.raises(SettingsError, match=r"b: stdin is the value of a already"):
        files_of(arguments_of(["a=@-", "b=@-"], None))
