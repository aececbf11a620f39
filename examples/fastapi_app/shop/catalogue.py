"""Products, their images and reviews, in the database."""

from shop.database import Reader, Transaction
from shop.models import (
    ProductFilter,
    ProductIn,
    ProductOut,
    ProductPage,
    ProductUpdate,
    ReviewIn,
    ReviewOut,
)

PRODUCT = """
SELECT id, name, description, category, price_cents, stock,
    EXISTS (SELECT 1 FROM images WHERE product_id = products.id) AS has_image
FROM products
"""

FOUND = """
WHERE (:category IS NULL OR category = :category)
    AND (:q IS NULL OR instr(lower(name), lower(:q)))
    AND (:max_price_cents IS NULL OR price_cents <= :max_price_cents)
    AND (NOT :in_stock OR stock > 0)
"""


def find_products(reader: Reader, filters: ProductFilter) -> ProductPage:
    parameters = filters.model_dump(mode="json")
    rows = reader.fetch_all(
        f"{PRODUCT} {FOUND}"
        " ORDER BY CASE :sort WHEN 'price' THEN price_cents END, name, id"
        " LIMIT :limit OFFSET :offset",
        parameters,
    )
    count = reader.fetch_one(f"SELECT count(*) AS total FROM products {FOUND}", parameters)
    return ProductPage(
        items=[ProductOut(**row) for row in rows],
        total=count["total"] if count else 0,
        limit=filters.limit,
        offset=filters.offset,
    )


def find_product(reader: Reader, product_id: int) -> ProductOut | None:
    row = reader.fetch_one(f"{PRODUCT} WHERE id = :id", {"id": product_id})
    return None if row is None else ProductOut(**row)


def products_after(reader: Reader, product_id: int, limit: int) -> list[ProductOut]:
    """Return the next products in the order of their ids."""
    rows = reader.fetch_all(
        f"{PRODUCT} WHERE id > :id ORDER BY id LIMIT :limit", {"id": product_id, "limit": limit}
    )
    return [ProductOut(**row) for row in rows]


def add_product(transaction: Transaction, product: ProductIn) -> int:
    return transaction.insert(
        "INSERT INTO products (name, description, category, price_cents, stock)"
        " VALUES (:name, :description, :category, :price_cents, :stock)",
        product.model_dump(mode="json"),
    )


def change_product(transaction: Transaction, product_id: int, update: ProductUpdate) -> None:
    transaction.execute(
        """
        UPDATE products
        SET name = coalesce(:name, name),
            description = coalesce(:description, description),
            category = coalesce(:category, category),
            price_cents = coalesce(:price_cents, price_cents),
            stock = coalesce(:stock, stock)
        WHERE id = :id
        """,
        {"id": product_id, **update.model_dump(mode="json")},
    )


def remove_product(transaction: Transaction, product_id: int) -> bool:
    """Remove a product; return whether there was one."""
    cursor = transaction.execute("DELETE FROM products WHERE id = :id", {"id": product_id})
    return cursor.rowcount > 0


def find_image(reader: Reader, product_id: int) -> tuple[str, bytes] | None:
    row = reader.fetch_one(
        "SELECT content_type, content FROM images WHERE product_id = :id", {"id": product_id}
    )
    return None if row is None else (row["content_type"], row["content"])


def store_image(
    transaction: Transaction, product_id: int, content_type: str, content: bytes
) -> None:
    transaction.execute(
        "INSERT OR REPLACE INTO images (product_id, content_type, content)"
        " VALUES (:id, :content_type, :content)",
        {"id": product_id, "content_type": content_type, "content": content},
    )


def find_reviews(reader: Reader, product_id: int) -> list[ReviewOut]:
    rows = reader.fetch_all(
        "SELECT author, rating, text FROM reviews WHERE product_id = :id ORDER BY id",
        {"id": product_id},
    )
    return [ReviewOut(**row) for row in rows]


def add_review(transaction: Transaction, product_id: int, review: ReviewIn) -> None:
    transaction.insert(
        "INSERT INTO reviews (product_id, author, rating, text)"
        " VALUES (:id, :author, :rating, :text)",
        {"id": product_id, **review.model_dump(mode="json")},
    )
