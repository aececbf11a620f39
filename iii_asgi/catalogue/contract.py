"""What callers rely on: an app's functions as a file that is kept, and compared."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import msgspec

from iii_asgi.catalogue.alike import canonical
from iii_asgi.catalogue.compatibility import accepts
from iii_asgi.catalogue.difference import Difference
from iii_asgi.catalogue.fields import FieldChanges
from iii_asgi.catalogue.model import Catalogue, Function
from iii_asgi.catalogue.normal import normal
from iii_asgi.catalogue.parts import UnjudgedError, judging
from iii_asgi.catalogue.reserved import credential_changes, declared

__all__ = [
    "VERSION",
    "Change",
    "Contract",
    "ContractError",
    "compare",
    "contract_of",
    "read",
    "text_of",
]

Contract: TypeAlias = dict[str, Any]

VERSION = 1
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")


class ContractError(ValueError):
    """A file that is no contract; the text says what is wrong."""


@dataclass(frozen=True, slots=True)
class Change:
    """One change of one function.

    Attributes:
        function_id: whose.
        text: what was, and what is.
        breaks: whether it breaks, or may break, those who call the function.
    """

    function_id: str
    text: str
    breaks: bool


def contract_of(catalogue: Catalogue) -> Contract:
    """Return what callers of an app rely on; functions that it does not document are left out."""
    shown = sorted((one for one in catalogue.functions if not one.internal), key=lambda one: one.id)
    return {"version": VERSION, "functions": [_function(one) for one in shown]}


def text_of(contract: Contract) -> str:
    """Return a contract as it is written to a file: the same text on every machine."""
    return json.dumps(contract, indent=2, ensure_ascii=False) + "\n"


def _function(function: Function) -> dict[str, Any]:
    http = {(one.method, one.api_path) for one in function.triggers}
    events = [{"type": one.type, "config": _plain(one.config)} for one in function.events]
    return {
        "id": function.id,
        "http": [{"method": method, "api_path": path} for method, path in sorted(http)],
        "events": sorted(events, key=_key),
        "request_format": _plain(normal(function.request_format)),
        "response_format": _plain(normal(function.response_format)),
    }


def _plain(value: Any) -> Any:
    """Return a value as JSON has it, its keys in order."""
    return msgspec.json.decode(msgspec.json.encode(value, order="sorted", enc_hook=_text))


def _text(value: Any) -> str:
    return _ADDRESS.sub("", str(value))


def _key(value: Any) -> bytes:
    return msgspec.json.encode(value, order="sorted")


def read(path: Path) -> Contract:
    """Return the contract in a file.

    Raises:
        OSError: the file cannot be read.
        ContractError: it holds something else.
    """
    try:
        contract = msgspec.json.decode(path.read_bytes())
    except (msgspec.MsgspecError, ValueError) as error:
        raise ContractError(f"it is no JSON ({error})") from None
    if not isinstance(contract, dict) or "version" not in contract:
        raise ContractError('it is no contract: "version" is missing')
    if contract["version"] != VERSION:
        raise ContractError(f"it has version {contract['version']}, and this program {VERSION}")
    functions = contract.get("functions")
    if not isinstance(functions, list) or not all(map(_is_function, functions)):
        raise ContractError('it is no contract: "functions" is no list of functions')
    return contract


def _is_function(value: Any) -> bool:
    if not isinstance(value, dict) or not isinstance(value.get("id"), str):
        return False
    http, events = value.get("http"), value.get("events")
    return (
        isinstance(http, list)
        and isinstance(events, list)
        and all(
            isinstance(one, dict) and isinstance(one.get(key), str)
            for some, keys in ((http, ("method", "api_path")), (events, ("type",)))
            for one in some
            for key in keys
        )
    )


# -- comparing -----------------------------------------------------------------------------


def compare(old: Contract, new: Contract) -> list[Change]:
    """Return what has changed, function by function in the order of their ids."""
    before, after = ({one["id"]: one for one in it["functions"]} for it in (old, new))
    return [
        change
        for function_id in sorted({*before, *after})
        for change in _changes(function_id, before.get(function_id), after.get(function_id))
    ]


def _changes(
    name: str, old: Mapping[str, Any] | None, new: Mapping[str, Any] | None
) -> Iterator[Change]:
    if new is None:
        yield Change(name, "is gone", breaks=True)
    elif old is None:
        yield Change(name, "is new", breaks=False)
    else:
        for text, breaks in (*_http(old, new), *_events(old, new), *_formats(old, new)):
            yield Change(name, text, breaks)


def _http(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[tuple[str, bool]]:
    before, after = ({_shape(one): one for one in it["http"]} for it in (old, new))
    for shape, one in before.items():
        if shape not in after:
            yield f"HTTP: {one['method']} {one['api_path']} → none", True
        elif after[shape] != one:  # the name of a parameter
            yield f"HTTP: {one['api_path']} → {after[shape]['api_path']}", False
    for shape, one in after.items():
        if shape not in before:
            yield f"HTTP: none → {one['method']} {one['api_path']}", False


def _shape(trigger: Mapping[str, str]) -> tuple[str, str]:
    """Return what a client sees of a trigger: names of parameters are not among it."""
    segments = trigger["api_path"].split("/")
    return trigger["method"], "/".join(":" if one[:1] == ":" else one for one in segments)


def _events(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[tuple[str, bool]]:
    for one in old["events"]:
        if one not in new["events"]:
            # Nobody calls a schedule; whoever fills a queue waits for what it does.
            yield f"trigger: {_event(one)} → none", one["type"] != "cron"
    for one in new["events"]:
        if one not in old["events"]:
            yield f"trigger: none → {_event(one)}", False


def _event(event: Mapping[str, Any]) -> str:
    return f"{event['type']} {json.dumps(event.get('config'), ensure_ascii=False)}"


def _formats(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[tuple[str, bool]]:
    for noun, key in (("argument", "request_format"), ("answer", "response_format")):
        try:
            with judging():
                found = list(_format(noun, normal(old.get(key)), normal(new.get(key))))
        except UnjudgedError as error:
            found = [(f"{noun}: may break, {error}", True)]
        yield from found


def _format(noun: str, was: Any, now: Any) -> Iterator[tuple[str, bool]]:
    if canonical(was) == canonical(now):
        return
    if was is None or now is None:
        words = ["not known" if one is None else "known" for one in (was, now)]
        yield f"{noun}: {' → '.join(words)}: may break", True
    elif noun == "argument":
        yield from credential_changes(was, now)
        yield from _schemas(noun, declared(was), declared(now))
    else:
        yield from _schemas(noun, was, now)


def _schemas(noun: str, was: Any, now: Any) -> Iterator[tuple[str, bool]]:
    # Arguments that were right have to be right still; answers have to be among those that
    # callers have seen before.
    takes = noun == "argument"
    found = accepts(now, was) if takes else accepts(was, now)
    breaking = [_told(noun, one, takes) for one in found]
    fields = FieldChanges(was, now)
    breaking += _gone(noun, fields, {one.place for one in found})
    yield from ((text, True) for text in breaking)
    if not breaking and canonical(was) != canonical(now):
        yield from ((f"{noun}{text}", False) for text in fields.texts)


def _gone(noun: str, fields: FieldChanges, told: set[str]) -> list[str]:
    """Return what to say of fields that are gone, but for the places that are told of."""
    try:
        gone = fields.gone
    except UnjudgedError as error:
        return [] if "" in told else [f"{noun}: may break, {error}"]
    return [f"{noun} `{place}`: {text} → none" for place, text in gone.items() if place not in told]


def _told(noun: str, difference: Difference, takes: bool) -> str:
    sides = [difference.narrow, difference.wide]
    sides = sides if takes else sides[::-1]
    change = f": {' → '.join(sides)}" if any(sides) else ""
    reason = f": may break, {difference.reason}" if difference.reason else ""
    place = f" `{difference.place}`" if difference.place else ""
    return f"{noun}{place}{change}{reason}"
