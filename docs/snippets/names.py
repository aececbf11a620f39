"""Names that are chosen, not derived."""

from fastapi import FastAPI

from iii_asgi import Bridge, expose
from iii_asgi.catalogue.model import Route

app = FastAPI(title="Shop", openapi_url=None)


@app.post("/products")
@expose("products::add")
def create_product() -> None: ...


@app.get("/products", tags=["catalogue"])
@expose(action="search")
def list_products() -> None: ...


@app.get("/products/{product_id}", openapi_extra={"x-iii-function-id": "products::find"})
def read_product(product_id: int) -> None: ...


@app.get("/orders", tags=["orders"], operation_id="list_all")
def list_orders() -> None: ...


@app.get("/orders/{order_id}", tags=["orders"])
def read_order(order_id: int) -> None: ...


def in_v2(route: Route) -> str | None:
    """Keep version 2 apart; leave all others to the rules."""
    return f"v2::{route.name}" if route.path.startswith("/v2/") else None


@app.get("/v2/orders", tags=["orders"])
def list_orders_v2() -> None: ...


bridge = Bridge(app, function_id=in_v2)

if __name__ == "__main__":
    bridge.run()
