"""What the application holds while it runs."""

from dataclasses import dataclass

from shop.database import Database
from shop.events import Broadcast
from shop.models import OrderEvent, StockChange


@dataclass(frozen=True)
class Shop:
    """Set by the lifespan as ``app.state.shop``."""

    database: Database
    stock_changes: Broadcast[StockChange]
    order_events: Broadcast[OrderEvent]
