"""An app whose route calls a function of another worker."""

from fastapi import FastAPI, HTTPException
from pydantic import BaseModel

from iii_asgi import CurrentInvocation
from iii_asgi.errors import InvocationError

app = FastAPI(title="Orders", openapi_url=None)


class Order(BaseModel):
    cents: int


@app.post("/orders", tags=["orders"], status_code=201)
async def create_order(order: Order, invocation: CurrentInvocation) -> dict[str, str]:
    if invocation is None:  # under a web server, or in a test without iii
        return {"payment": "later"}
    try:
        payment = await invocation.worker.trigger(
            "payments::process", {"cents": order.cents}, timeout=5
        )
    except InvocationError as error:
        raise HTTPException(502, f"No payment: {error.code}") from error
    return {"payment": payment["status"]}
