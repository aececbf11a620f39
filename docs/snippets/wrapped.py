"""A FastAPI app on iii: python wrapped.py"""

from fastapi import FastAPI, HTTPException

from iii_asgi import Bridge

app = FastAPI(title="Shop")
PRODUCTS = {1: "Brass gear", 2: "Chess set"}


@app.get("/products/{product_id}", tags=["products"])
def read_product(product_id: int) -> dict[str, int | str]:
    if product_id not in PRODUCTS:
        raise HTTPException(404, "Product not found")
    return {"id": product_id, "name": PRODUCTS[product_id]}


if __name__ == "__main__":
    Bridge(app).run()
