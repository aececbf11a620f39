"""The catalogue."""

from typing import Annotated

from fastapi import APIRouter, Query

from shop import catalogue
from shop.dependencies import DatabaseDep, ProductIdPath, ShopDep, TransactionDep
from shop.errors import not_found
from shop.models import (
    Problem,
    ProductFilter,
    ProductIn,
    ProductOut,
    ProductPage,
    ProductUpdate,
    StockChange,
)

router = APIRouter(prefix="/products", tags=["products"])


@router.get("")
async def list_products(
    filters: Annotated[ProductFilter, Query()], database: DatabaseDep
) -> ProductPage:
    """List the products of the catalogue, filtered and page by page."""
    return catalogue.find_products(database, filters)


@router.post("", status_code=201)
async def create_product(product: ProductIn, transaction: TransactionDep) -> ProductOut:
    """Add a product to the catalogue."""
    product_id = catalogue.add_product(transaction, product)
    transaction.commit()
    return ProductOut(id=product_id, has_image=False, **product.model_dump())


@router.get("/{product_id}", responses={404: {"model": Problem}})
async def read_product(product_id: ProductIdPath, database: DatabaseDep) -> ProductOut:
    """Show one product."""
    product = catalogue.find_product(database, product_id)
    if product is None:
        raise not_found("Product")
    return product


@router.patch("/{product_id}", responses={404: {"model": Problem}})
async def update_product(
    product_id: ProductIdPath, update: ProductUpdate, shop: ShopDep, transaction: TransactionDep
) -> ProductOut:
    """Change some of a product's properties."""
    before = catalogue.find_product(transaction, product_id)
    catalogue.change_product(transaction, product_id, update)
    after = catalogue.find_product(transaction, product_id)
    if before is None or after is None:
        raise not_found("Product")
    transaction.commit()
    if after.stock != before.stock:
        shop.stock_changes.publish(StockChange(product_id=product_id, stock=after.stock))
    return after


@router.delete("/{product_id}", status_code=204, responses={404: {"model": Problem}})
async def delete_product(product_id: ProductIdPath, transaction: TransactionDep) -> None:
    """Take a product out of the catalogue."""
    if not catalogue.remove_product(transaction, product_id):
        raise not_found("Product")
    transaction.commit()
