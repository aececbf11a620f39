"""A function whose errors are values."""

from fastapi import FastAPI, HTTPException

from iii_asgi import expose

app = FastAPI(title="Shop")


@app.get("/products/{product_id}", tags=["products"])
@expose(errors="return")
def read_product(product_id: int) -> None:
    raise HTTPException(404, "Product not found")
