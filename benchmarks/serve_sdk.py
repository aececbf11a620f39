"""A measured program: the same answer as `apps.get_user`, by hand on the official iii-sdk.

It runs no FastAPI and validates nothing: the least that a handler of this kind does.
``python -m benchmarks.serve_sdk URL [--no-tracing]``
"""

from __future__ import annotations

import json
import signal
import sys
import threading
from typing import Any

from iii import InitOptions, register_worker


async def get_user(request: dict[str, Any]) -> dict[str, Any]:
    """Answer as the FastAPI app does."""
    user = {
        "id": int(request["path_params"]["user_id"]),
        "name": "Ada Lovelace",
        "q": request["query_params"].get("q"),
        "tags": ["a", "b"],
    }
    return {
        "status_code": 200,
        "headers": ["content-type: application/json"],
        "body": json.dumps(user, separators=(",", ":")),
    }


if __name__ == "__main__":
    options = InitOptions(otel={"enabled": False}) if "--no-tracing" in sys.argv else None
    worker = register_worker(sys.argv[1], options)
    worker.register_function("users::get", get_user)
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    stop.wait()
    worker.shutdown()
