"""Reports: what is in stock, and what is being ordered."""

import csv
import io
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Header, Query
from fastapi.responses import StreamingResponse

from shop import catalogue, ordering
from shop.database import Database
from shop.dependencies import DatabaseDep, ShopDep
from shop.models import MAX_ID, OrderEvent
from shop.state import Shop

router = APIRouter(prefix="/reports", tags=["reports"])

COLUMNS = ["id", "name", "category", "price_cents", "stock"]
BATCH = 100


@router.get(
    "/inventory.csv",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/csv": {}}}},
)
async def export_inventory(database: DatabaseDep) -> StreamingResponse:
    """Export all products as CSV."""
    return StreamingResponse(
        inventory_csv(database),
        media_type="text/csv",
        headers={"Content-Disposition": 'attachment; filename="inventory.csv"'},
    )


async def inventory_csv(database: Database) -> AsyncIterator[str]:
    """Yield the header, then the products in batches."""
    yield csv_text([COLUMNS])
    last_id = 0
    while products := catalogue.products_after(database, last_id, BATCH):
        yield csv_text([[getattr(product, column) for column in COLUMNS] for product in products])
        last_id = products[-1].id


def csv_text(rows: list[list[str]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()


@router.get(
    "/events",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {}}}},
)
async def stream_events(
    shop: ShopDep,
    limit: Annotated[int, Query(ge=1, le=1000, description="End after so many events")] = 100,
    last_event_id: Annotated[int, Header(ge=0, le=MAX_ID)] = 0,
) -> StreamingResponse:
    """Stream orders as server-sent events: those of the past, then new ones as they come."""
    return StreamingResponse(
        order_events(shop, last_event_id, limit),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-cache", "X-Accel-Buffering": "no"},
    )


async def order_events(shop: Shop, last_event_id: int, limit: int) -> AsyncIterator[str]:
    with shop.order_events.subscribe() as queue:
        past = ordering.events_after(shop.database, last_event_id, limit)
        for event in past:
            yield server_sent_event(event)
        for _ in range(limit - len(past)):
            yield server_sent_event(await queue.get())


def server_sent_event(event: OrderEvent) -> str:
    return f"id: {event.order_id}\nevent: order\ndata: {event.model_dump_json()}\n\n"
