"""Errors of the shop and how they are answered."""

from fastapi import HTTPException, Request
from fastapi.responses import JSONResponse


class OutOfStock(Exception):
    """An order asked for more of a product than there is."""

    def __init__(self, product: str, available: int) -> None:
        super().__init__(f"Only {available} of {product!r} in stock")
        self.product = product
        self.available = available


async def out_of_stock_handler(request: Request, error: Exception) -> JSONResponse:
    return JSONResponse({"detail": str(error)}, status_code=409)


def not_found(what: str) -> HTTPException:
    return HTTPException(status_code=404, detail=f"{what} not found")
