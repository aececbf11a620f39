"""Users and their tokens."""

from shop.database import Reader, Transaction
from shop.models import User
from shop.security import new_token, token_digest

TOKEN_SECONDS = 12 * 60 * 60


def find_user(reader: Reader, username: str) -> tuple[User, str] | None:
    row = reader.fetch_one(
        "SELECT id, username, password_hash FROM users WHERE username = :username",
        {"username": username},
    )
    if row is None:
        return None
    return User(id=row["id"], username=row["username"]), row["password_hash"]


def find_user_by_token(reader: Reader, token: str, now: int) -> User | None:
    row = reader.fetch_one(
        "SELECT users.id, username FROM tokens JOIN users ON users.id = user_id"
        " WHERE digest = :digest AND expires_at > :now",
        {"digest": token_digest(token), "now": now},
    )
    return None if row is None else User(**row)


def issue_token(transaction: Transaction, user: User, now: int) -> str:
    """Make a token for a user, and drop those that have expired."""
    token = new_token()
    transaction.execute("DELETE FROM tokens WHERE expires_at <= :now", {"now": now})
    transaction.execute(
        "INSERT INTO tokens (digest, user_id, expires_at) VALUES (:digest, :user_id, :expires_at)",
        {"digest": token_digest(token), "user_id": user.id, "expires_at": now + TOKEN_SECONDS},
    )
    return token
