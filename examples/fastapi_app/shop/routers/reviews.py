"""What customers say about products."""

from fastapi import APIRouter

from shop import catalogue
from shop.dependencies import DatabaseDep, ProductIdPath, TransactionDep
from shop.errors import not_found
from shop.models import Problem, ReviewIn, ReviewOut

router = APIRouter(
    prefix="/products/{product_id}/reviews",
    tags=["reviews"],
    responses={404: {"model": Problem}},
)


@router.get("")
async def list_reviews(product_id: ProductIdPath, database: DatabaseDep) -> list[ReviewOut]:
    """List the reviews of a product, the oldest first."""
    if catalogue.find_product(database, product_id) is None:
        raise not_found("Product")
    return catalogue.find_reviews(database, product_id)


@router.post("", status_code=201)
async def create_review(
    product_id: ProductIdPath, review: ReviewIn, transaction: TransactionDep
) -> ReviewOut:
    """Review a product."""
    if catalogue.find_product(transaction, product_id) is None:
        raise not_found("Product")
    catalogue.add_review(transaction, product_id, review)
    transaction.commit()
    return ReviewOut(**review.model_dump())
