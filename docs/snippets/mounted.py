from a2wsgi import WSGIMiddleware
from billing import application
from fastapi import FastAPI

app = FastAPI(title="Shop")


@app.get("/products/{product_id}")
async def read_product(product_id: int) -> dict[str, int]:
    return {"id": product_id}


app.mount("/billing", WSGIMiddleware(application))
