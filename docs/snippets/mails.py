"""An app whose routes are run by a schedule, a queue and a change of state, too."""

from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel

from iii_asgi import CurrentInvocation, Trigger, expose

app = FastAPI(title="Mails", openapi_url=None)


class Mail(BaseModel):
    to: str
    text: str


@app.post("/mails", tags=["mails"])
@expose(triggers=[Trigger("durable:subscriber", {"topic": "mails"})])
async def send_mail(mail: Mail) -> str:
    return f"sent to {mail.to}"


@app.post("/reports/{kind}", tags=["reports"])
@expose(triggers=[Trigger("cron", {"expression": "0 0 3 * * *"}, {"kind": "daily"})])
async def make_report(kind: str, invocation: CurrentInvocation) -> str:
    return f"{kind}, run by {invocation.trigger if invocation else 'nobody'}"


def welcome(change: dict[str, Any]) -> dict[str, Any]:
    return {"name": change["key"], "is_new": change["old_value"] is None}


@app.put("/greetings/{name}", tags=["greetings"])
@expose(triggers=[Trigger("state", {"scope": "users"}, welcome)])
async def greet(name: str, is_new: bool = False) -> str:
    return f"Welcome{'' if is_new else ' back'}, {name}!"
