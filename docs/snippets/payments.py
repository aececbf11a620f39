"""A service that others call: payments::process"""

from fastapi import FastAPI, HTTPException
from pydantic import BaseModel

app = FastAPI(title="Payments", openapi_url=None)


class Payment(BaseModel):
    cents: int


@app.post("/payments", tags=["payments"])
def process_payment(payment: Payment) -> dict[str, int | str]:
    if payment.cents > 10_000:
        raise HTTPException(402, "Too much for this card")
    return {"status": "paid", "cents": payment.cents}
