"""The app on iii, on real sockets: pytest test_products.py"""

from collections.abc import AsyncIterator

import httpx
import pytest
from wrapped import app

from iii_asgi import Bridge, Settings
from iii_asgi.engine import Engine
from iii_asgi.errors import InvocationError

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def engine() -> AsyncIterator[Engine]:
    async with Engine(port=0, http_port=0) as engine:  # 0: any free port
        yield engine


@pytest.fixture
async def bridge(engine: Engine) -> AsyncIterator[Bridge]:
    async with Bridge(app, settings=Settings.resolve(url=engine.url)).connect() as bridge:
        yield bridge


async def test_over_http(engine: Engine, bridge: Bridge) -> None:
    async with httpx.AsyncClient(base_url=engine.http_url) as client:
        response = await client.get("/products/1")
    assert response.status_code == 200
    assert response.json() == {"id": 1, "name": "Brass gear"}


async def test_called_directly(bridge: Bridge) -> None:
    product = await bridge.trigger("products::read", {"product_id": 2})
    assert product == {"id": 2, "name": "Chess set"}


async def test_unknown_product(bridge: Bridge) -> None:
    with pytest.raises(InvocationError, match="NOT_FOUND: Product not found"):
        await bridge.trigger("products::read", {"product_id": 3})
