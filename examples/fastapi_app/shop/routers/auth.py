"""Logging in."""

import time
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException
from fastapi.concurrency import run_in_threadpool
from fastapi.security import OAuth2PasswordRequestForm

from shop import accounts
from shop.dependencies import CurrentUser, DatabaseDep
from shop.models import Problem, Token, User
from shop.security import hash_password, verify_password

router = APIRouter(prefix="/auth", tags=["auth"])

NOBODY = hash_password("")


@router.post("/token", responses={401: {"model": Problem}})
async def login(
    form: Annotated[OAuth2PasswordRequestForm, Depends()], database: DatabaseDep
) -> Token:
    """Log in with a username and a password, and get a bearer token."""
    found = accounts.find_user(database, form.username)
    password_hash = found[1] if found else NOBODY
    matches = await run_in_threadpool(verify_password, form.password, password_hash)
    if found is None or not matches:
        raise HTTPException(
            status_code=401,
            detail="Incorrect username or password",
            headers={"WWW-Authenticate": "Bearer"},
        )
    async with database.transaction() as transaction:
        token = accounts.issue_token(transaction, found[0], now=int(time.time()))
    return Token(access_token=token, expires_in=accounts.TOKEN_SECONDS)


@router.get("/me", responses={401: {"model": Problem}})
async def read_me(user: CurrentUser) -> User:
    """Show who is logged in."""
    return user
