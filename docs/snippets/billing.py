from collections.abc import Iterable
from typing import Any


def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """A WSGI app, as Flask and Django make one too."""
    start_response("200 OK", [("Content-Type", "text/plain; charset=utf-8")])
    return [f"Invoice {environ['PATH_INFO'].strip('/')}: 24.50\n".encode()]
