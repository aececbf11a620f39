"""What functions are called when nobody chooses: iii-asgi routes naming.py"""

from fastapi import FastAPI

app = FastAPI(title="Shop", openapi_url=None)


@app.get("/accounts", tags=["Users"])
def read_users() -> None: ...


@app.get("/users/{user_id}")
def read_user(user_id: int) -> None: ...


@app.post("/auth/login")
def login() -> None: ...


@app.get("/api/v1/carts/{cart_id}/items")
def get_cart_items(cart_id: int) -> None: ...


@app.api_route("/reports", methods=["GET", "POST"])
def daily_reports() -> None: ...


@app.get("/orders/{order_id}", tags=["orders"])
def read_order(order_id: int) -> None: ...


@app.get("/users/{user_id}/orders/{order_id}", tags=["orders"])
def read_order_of_user(user_id: int, order_id: int) -> None: ...


@app.get("/shops/{shop_id}/orders/{order_id}", tags=["orders"], name="read_order")
def read_order_(shop_id: int, order_id: int) -> None: ...


@app.get("/")
def home() -> None: ...
