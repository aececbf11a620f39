"""Orders, for those who are logged in."""

from typing import Annotated

from fastapi import APIRouter, BackgroundTasks, Query

from shop import ordering
from shop.dependencies import CurrentUser, DatabaseDep, OrderIdPath, ShopDep, TransactionDep
from shop.errors import not_found
from shop.models import Confirmation, OrderEvent, OrderFilter, OrderIn, OrderOut, Problem

router = APIRouter(prefix="/orders", tags=["orders"], responses={401: {"model": Problem}})


@router.get("")
async def list_orders(
    filters: Annotated[OrderFilter, Query()], user: CurrentUser, database: DatabaseDep
) -> list[OrderOut]:
    """List your orders, the newest first."""
    return ordering.find_orders(database, filters, user)


@router.post("", status_code=201, responses={404: {"model": Problem}, 409: {"model": Problem}})
async def create_order(
    order: OrderIn,
    user: CurrentUser,
    shop: ShopDep,
    transaction: TransactionDep,
    background_tasks: BackgroundTasks,
) -> OrderOut:
    """Order products: they are taken from stock, and a confirmation follows."""
    placed, changes = ordering.place_order(transaction, order, user)
    transaction.commit()
    for change in changes:
        shop.stock_changes.publish(change)
    shop.order_events.publish(
        OrderEvent(order_id=placed.id, total_cents=placed.total_cents, created_at=placed.created_at)
    )
    background_tasks.add_task(ordering.confirm_order, shop.database, placed, user)
    return placed


@router.get("/{order_id}", responses={404: {"model": Problem}})
async def read_order(order_id: OrderIdPath, user: CurrentUser, database: DatabaseDep) -> OrderOut:
    """Show one of your orders."""
    order = ordering.find_order(database, order_id, user)
    if order is None:
        raise not_found("Order")
    return order


@router.get("/{order_id}/confirmation", responses={404: {"model": Problem}})
async def read_confirmation(
    order_id: OrderIdPath, user: CurrentUser, database: DatabaseDep
) -> Confirmation:
    """Show the confirmation of one of your orders."""
    confirmation = ordering.find_confirmation(database, order_id, user)
    if confirmation is None:
        raise not_found("Confirmation")
    return confirmation
