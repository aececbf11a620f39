"""Stock, live."""

import asyncio
from contextlib import suppress

from fastapi import APIRouter, WebSocket, WebSocketDisconnect
from pydantic import ValidationError

from shop import catalogue
from shop.database import Database
from shop.dependencies import ShopDep
from shop.models import StockChange, StockError, StockLevel, StockQuery

router = APIRouter(prefix="/ws", tags=["stock"])


@router.websocket("/stock")
async def watch_stock(websocket: WebSocket, shop: ShopDep) -> None:
    """Send every change of stock, and answer questions about single products."""
    with shop.stock_changes.subscribe() as changes, suppress(WebSocketDisconnect):
        await websocket.accept()
        sending = asyncio.create_task(send_changes(websocket, changes))
        try:
            async for message in websocket.iter_text():
                answer = answer_query(shop.database, message)
                await websocket.send_text(answer.model_dump_json())
        finally:
            sending.cancel()


async def send_changes(websocket: WebSocket, changes: asyncio.Queue[StockChange]) -> None:
    with suppress(WebSocketDisconnect):
        while True:
            change = await changes.get()
            await websocket.send_text(change.model_dump_json())


def answer_query(database: Database, message: str) -> StockLevel | StockError:
    try:
        query = StockQuery.model_validate_json(message)
    except ValidationError:
        return StockError(detail='Send {"product_id": …}')
    product = catalogue.find_product(database, query.product_id)
    if product is None:
        return StockError(detail="Product not found")
    return StockLevel(product_id=product.id, stock=product.stock)
