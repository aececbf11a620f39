"""Pictures of products."""

import hashlib

from fastapi import APIRouter, HTTPException, Response, UploadFile

from shop import catalogue
from shop.dependencies import DatabaseDep, ProductIdPath, TransactionDep
from shop.errors import not_found
from shop.models import ImageInfo, Problem

router = APIRouter(
    prefix="/products/{product_id}/image",
    tags=["images"],
    responses={404: {"model": Problem}},
)

IMAGE_TYPES = {"image/jpeg", "image/png", "image/webp"}
MAX_IMAGE_SIZE = 2 * 1024 * 1024


@router.put("", responses={413: {"model": Problem}, 415: {"model": Problem}})
async def upload_image(
    product_id: ProductIdPath, image: UploadFile, transaction: TransactionDep
) -> ImageInfo:
    """Give a product an image, or a new one: JPEG, PNG or WebP, of 2 MiB at most."""
    if image.content_type not in IMAGE_TYPES:
        raise HTTPException(status_code=415, detail="The image must be JPEG, PNG or WebP")
    content = await image.read(MAX_IMAGE_SIZE + 1)
    if len(content) > MAX_IMAGE_SIZE:
        raise HTTPException(status_code=413, detail="The image is larger than 2 MiB")
    if catalogue.find_product(transaction, product_id) is None:
        raise not_found("Product")
    catalogue.store_image(transaction, product_id, image.content_type, content)
    transaction.commit()
    return ImageInfo(
        product_id=product_id,
        content_type=image.content_type,
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
    )


@router.get("", response_class=Response, responses={200: {"content": {"image/*": {}}}})
async def download_image(product_id: ProductIdPath, database: DatabaseDep) -> Response:
    """Show the image of a product."""
    image = catalogue.find_image(database, product_id)
    if image is None:
        raise not_found("Image")
    content_type, content = image
    return Response(content, media_type=content_type)
