"""A shop, of which iii gets a part."""

from fastapi import FastAPI

from iii_asgi import expose

app = FastAPI(title="Shop", openapi_url=None)


@app.get("/users/me", tags=["internal"])
def read_me() -> str:
    return "the one who is signed in"


@app.get("/users/{user_id}")
def read_user(user_id: str) -> str:
    return f"user {user_id}"


@app.delete("/users/{user_id}")
def delete_user(user_id: str) -> None: ...


@app.post("/admin/restart")
def restart() -> None: ...


@app.get("/health")
@expose(enabled=False)
def health() -> str:
    return "fine"
