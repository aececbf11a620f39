"""The application: its lifespan, middleware, routers and mounts."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from fastapi.middleware.gzip import GZipMiddleware
from fastapi.staticfiles import StaticFiles

from shop import __version__
from shop.admin import admin
from shop.database import Database
from shop.errors import OutOfStock, out_of_stock_handler
from shop.events import Broadcast
from shop.middleware import RequestIdMiddleware
from shop.models import OrderEvent, StockChange
from shop.routers import auth, images, orders, pages, products, reports, reviews, stock
from shop.state import Shop


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Open the database for as long as the application runs."""
    with Database(os.environ.get("SHOP_DATABASE", ":memory:")) as database:
        app.state.shop = Shop(
            database=database,
            stock_changes=Broadcast[StockChange](),
            order_events=Broadcast[OrderEvent](),
        )
        yield


app = FastAPI(
    title="Shop",
    version=__version__,
    summary="A small shop with products, orders and reports.",
    lifespan=lifespan,
)

app.add_middleware(GZipMiddleware, minimum_size=1000)
app.add_middleware(
    CORSMiddleware,
    allow_origins=["http://localhost:5173"],
    allow_methods=["*"],
    allow_headers=["*"],
    expose_headers=["x-request-id"],
)
app.add_middleware(RequestIdMiddleware)

app.add_exception_handler(OutOfStock, out_of_stock_handler)

app.include_router(pages.router)
app.include_router(auth.router)
app.include_router(products.router)
app.include_router(reviews.router)
app.include_router(images.router)
app.include_router(orders.router)
app.include_router(reports.router)
app.include_router(stock.router)

app.mount("/static", StaticFiles(directory=Path(__file__).parent / "static"), name="static")
app.mount("/admin", admin, name="admin")
