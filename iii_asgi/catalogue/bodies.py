"""How much of the engine's re-serialised JSON a FastAPI route could notice.

The engine hands over a JSON body with its keys sorted and its numbers rewritten (2.50 is
2.5). A route that validates a closed schema (see `schema_rules`) gets the same from it; any
other one needs the client's own bytes, which cost a channel.
"""

from __future__ import annotations

from typing import Any

from fastapi import params

from iii_asgi.catalogue.model import BodyRule
from iii_asgi.catalogue.schema_rules import schema_rule

__all__ = ["body_rule"]


def body_rule(route: Any) -> BodyRule:
    """Return the rule of an APIRoute (or of what stands for it in an included router)."""
    if _sees_request(route.dependant):
        return "channel"
    field = route.body_field
    if field is None:
        return "inline"  # it never reads a body
    if isinstance(field.field_info, params.Form):  # a File is one, too
        return "channel"
    try:
        return schema_rule(field._type_adapter.core_schema)
    except Exception:
        # Pydantic 1, a model that is not complete yet, a core schema of a later version.
        return "channel"


def _sees_request(dependant: Any) -> bool:
    """Whether anything in a dependant's tree gets the request, and so could read its body."""
    gets_request = dependant.request_param_name or dependant.http_connection_param_name
    # FastAPI's own security schemes look at headers, cookies and the query only; ours at less.
    harmless = ("fastapi.security.", "iii_asgi.dependencies")
    if gets_request and not type(dependant.call).__module__.startswith(harmless):
        return True
    return any(_sees_request(one) for one in dependant.dependencies)
