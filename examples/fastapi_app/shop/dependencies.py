"""What routes ask for."""

import time
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, HTTPException, Path
from fastapi.security import OAuth2PasswordBearer
from starlette.requests import HTTPConnection

from shop import accounts
from shop.database import Database, Transaction
from shop.models import MAX_ID, User
from shop.state import Shop

ProductIdPath = Annotated[int, Path(ge=1, le=MAX_ID)]
OrderIdPath = Annotated[int, Path(ge=1, le=MAX_ID)]

bearer = OAuth2PasswordBearer(tokenUrl="auth/token")


async def get_shop(connection: HTTPConnection) -> Shop:
    shop: Shop = connection.app.state.shop
    return shop


ShopDep = Annotated[Shop, Depends(get_shop)]


async def get_database(shop: ShopDep) -> Database:
    return shop.database


DatabaseDep = Annotated[Database, Depends(get_database)]


async def get_transaction(database: DatabaseDep) -> AsyncIterator[Transaction]:
    """Give the route a transaction, rolled back when the route fails.

    Routes commit before they return: newer versions of FastAPI leave a dependency like
    this one after the response was sent and its background tasks were run.
    """
    async with database.transaction() as transaction:
        yield transaction


TransactionDep = Annotated[Transaction, Depends(get_transaction)]


async def get_current_user(token: Annotated[str, Depends(bearer)], database: DatabaseDep) -> User:
    user = accounts.find_user_by_token(database, token, now=int(time.time()))
    if user is None:
        raise HTTPException(
            status_code=401,
            detail="Invalid or expired token",
            headers={"WWW-Authenticate": "Bearer"},
        )
    return user


CurrentUser = Annotated[User, Depends(get_current_user)]
