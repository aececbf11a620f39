"""The app on iii, on real sockets: pytest test_products.py"""

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from wrapped import app

from iii_asgi import Bridge
from iii_asgi.errors import InvocationError
from iii_asgi.testing.host import Host


@pytest.fixture(autouse=True)
def bridge(iii_worker: Callable[..., Bridge]) -> Bridge:
    return iii_worker(app)


def test_over_http(iii_engine: Host) -> None:
    response = httpx.get(f"{iii_engine.http_url}/products/1")
    assert response.status_code == 200
    assert response.json() == {"id": 1, "name": "Brass gear"}


def test_called_directly(iii_call: Callable[..., Any]) -> None:
    product = iii_call("products::read", {"product_id": 2})
    assert product == {"id": 2, "name": "Chess set"}


def test_unknown_product(iii_call: Callable[..., Any]) -> None:
    with pytest.raises(InvocationError, match="NOT_FOUND: Product not found"):
        iii_call("products::read", {"product_id": 3})
