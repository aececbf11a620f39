"""Orders and their confirmations, in the database."""

import json
import sqlite3
from datetime import UTC, datetime

from shop.catalogue import find_product
from shop.database import Database, Reader, Transaction
from shop.errors import OutOfStock, not_found
from shop.models import (
    Confirmation,
    OrderEvent,
    OrderFilter,
    OrderIn,
    OrderLineIn,
    OrderLineOut,
    OrderOut,
    OrderStatus,
    StockChange,
    User,
)


def place_order(
    transaction: Transaction, order: OrderIn, user: User
) -> tuple[OrderOut, list[StockChange]]:
    """Take an order's products from stock; return the order and what that left in stock."""
    taken = [take_from_stock(transaction, line) for line in order.lines]
    order_id = transaction.insert(
        "INSERT INTO orders (user_id, status, total_cents, payment, shipping, note, created_at)"
        " VALUES (:user_id, :status, :total_cents, :payment, :shipping, :note, :created_at)",
        {
            "user_id": user.id,
            "status": OrderStatus.PLACED.value,
            "total_cents": sum(line.quantity * line.unit_price_cents for line, _ in taken),
            "payment": order.payment.model_dump_json(),
            "shipping": order.shipping.model_dump_json() if order.shipping else None,
            "note": order.note,
            "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
        },
    )
    for line, _ in taken:
        transaction.insert(
            "INSERT INTO order_lines (order_id, product_id, name, quantity, unit_price_cents)"
            " VALUES (:order_id, :product_id, :name, :quantity, :unit_price_cents)",
            {"order_id": order_id, **line.model_dump()},
        )
    placed = find_order(transaction, order_id, user)
    assert placed is not None
    return placed, [change for _, change in taken]


def take_from_stock(
    transaction: Transaction, line: OrderLineIn
) -> tuple[OrderLineOut, StockChange]:
    product = find_product(transaction, line.product_id)
    if product is None:
        raise not_found(f"Product {line.product_id}")
    if product.stock < line.quantity:
        raise OutOfStock(product.name, available=product.stock)
    stock = product.stock - line.quantity
    transaction.execute(
        "UPDATE products SET stock = :stock WHERE id = :id", {"id": product.id, "stock": stock}
    )
    taken = OrderLineOut(
        product_id=product.id,
        name=product.name,
        quantity=line.quantity,
        unit_price_cents=product.price_cents,
    )
    return taken, StockChange(product_id=product.id, stock=stock)


def find_order(reader: Reader, order_id: int, user: User) -> OrderOut | None:
    row = reader.fetch_one(
        "SELECT * FROM orders WHERE id = :id AND user_id = :user_id",
        {"id": order_id, "user_id": user.id},
    )
    return None if row is None else _order(reader, row)


def find_orders(reader: Reader, filters: OrderFilter, user: User) -> list[OrderOut]:
    rows = reader.fetch_all(
        "SELECT * FROM orders WHERE user_id = :user_id AND (:status IS NULL OR status = :status)"
        " ORDER BY id DESC LIMIT :limit OFFSET :offset",
        {"user_id": user.id, **filters.model_dump(mode="json")},
    )
    return [_order(reader, row) for row in rows]


def events_after(reader: Reader, order_id: int, limit: int) -> list[OrderEvent]:
    """Return the events of the orders that followed one."""
    rows = reader.fetch_all(
        "SELECT id AS order_id, total_cents, created_at FROM orders"
        " WHERE id > :id ORDER BY id LIMIT :limit",
        {"id": order_id, "limit": limit},
    )
    return [OrderEvent(**row) for row in rows]


async def confirm_order(database: Database, order: OrderOut, user: User) -> None:
    """Write a confirmation into the outbox and mark the order as confirmed."""
    lines = [f"{line.quantity} x {line.name}" for line in order.lines]
    async with database.transaction() as transaction:
        transaction.insert(
            "INSERT INTO outbox (order_id, recipient, subject, body)"
            " VALUES (:order_id, :recipient, :subject, :body)",
            {
                "order_id": order.id,
                "recipient": user.username,
                "subject": f"Your order {order.id}",
                "body": "\n".join(["Thank you for your order:", *lines]),
            },
        )
        transaction.execute(
            "UPDATE orders SET status = :status WHERE id = :id",
            {"id": order.id, "status": OrderStatus.CONFIRMED.value},
        )


def find_confirmation(reader: Reader, order_id: int, user: User) -> Confirmation | None:
    row = reader.fetch_one(
        "SELECT recipient, subject, body FROM outbox JOIN orders ON orders.id = order_id"
        " WHERE order_id = :id AND user_id = :user_id",
        {"id": order_id, "user_id": user.id},
    )
    return None if row is None else Confirmation(**row)


def _order(reader: Reader, row: sqlite3.Row) -> OrderOut:
    lines = reader.fetch_all(
        "SELECT product_id, name, quantity, unit_price_cents FROM order_lines"
        " WHERE order_id = :id ORDER BY id",
        {"id": row["id"]},
    )
    return OrderOut(
        id=row["id"],
        status=row["status"],
        lines=[OrderLineOut(**line) for line in lines],
        total_cents=row["total_cents"],
        payment=json.loads(row["payment"]),
        shipping=json.loads(row["shipping"]) if row["shipping"] else None,
        note=row["note"],
        created_at=row["created_at"],
    )
