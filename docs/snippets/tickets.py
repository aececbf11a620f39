"""An app that has changed since tickets.json was written: iii-asgi routes --check."""

from datetime import date
from typing import Literal

from fastapi import FastAPI
from pydantic import BaseModel

app = FastAPI(title="Desk", openapi_url=None)


class Ticket(BaseModel):
    title: str
    priority: Literal["low", "high"] = "low"  # it was any text
    due: date | None = None  # new


@app.post("/tickets", tags=["tickets"])
def open_ticket(ticket: Ticket) -> Ticket:
    return ticket


@app.get("/tickets/{ticket_id}", tags=["tickets"])
def read_ticket(ticket_id: int, comments: bool = False) -> Ticket:
    return Ticket(title=f"number {ticket_id}")


@app.delete("/tickets/{ticket_id}", tags=["tickets"])  # new
def close_ticket(ticket_id: int) -> None: ...
