"""What media types are: JSON, text, forms, or bytes."""

from __future__ import annotations

from iii_asgi.catalogue.arguments import BodyKind

__all__ = ["is_json", "is_text", "kind_of", "media_type_of"]

_TEXT = frozenset(
    {
        "application/graphql",
        "application/javascript",
        "application/jsonl",
        "application/toml",
        "application/x-ndjson",
        "application/x-www-form-urlencoded",
        "application/xml",
        "application/yaml",
    }
)
_FORMS: dict[str, BodyKind] = {
    "multipart/form-data": "multipart",
    "application/x-www-form-urlencoded": "urlencoded",
}


def media_type_of(content_type: str) -> str:
    """Return a content-type in lower case and without its parameters."""
    return content_type.partition(";")[0].strip().lower()


def is_json(media_type: str) -> bool:
    """Whether a media type is JSON: ``application/json``, ``application/problem+json`` …"""
    return media_type == "application/json" or media_type.endswith("+json")


def is_text(media_type: str) -> bool:
    """Whether a media type is text, JSON included."""
    return (
        media_type.startswith("text/")
        or media_type.endswith("+xml")
        or media_type in _TEXT
        or is_json(media_type)
    )


def kind_of(content_type: str) -> BodyKind:
    """Return how a body of this type is written."""
    media_type = media_type_of(content_type)
    return "json" if is_json(media_type) else _FORMS.get(media_type, "bytes")
