import time

import pytest
from fastapi.testclient import TestClient

from shop.accounts import TOKEN_SECONDS
from shop.security import hash_password, verify_password


def test_login_returns_a_bearer_token(client: TestClient) -> None:
    response = client.post("/auth/token", data={"username": "ada", "password": "lovelace"})

    assert response.status_code == 200
    token = response.json()
    assert token["token_type"] == "bearer"
    assert token["expires_in"] == TOKEN_SECONDS
    assert len(token["access_token"]) > 32


@pytest.mark.parametrize(("username", "password"), [("ada", "byron"), ("nobody", "lovelace")])
def test_login_with_wrong_credentials(client: TestClient, username: str, password: str) -> None:
    response = client.post("/auth/token", data={"username": username, "password": password})

    assert response.status_code == 401
    assert response.headers["www-authenticate"] == "Bearer"
    assert response.json() == {"detail": "Incorrect username or password"}


def test_login_without_a_password(client: TestClient) -> None:
    response = client.post("/auth/token", data={"username": "ada"})

    assert response.status_code == 422
    assert response.json()["detail"][0]["loc"] == ["body", "password"]


def test_me(client: TestClient, ada: dict[str, str]) -> None:
    response = client.get("/auth/me", headers=ada)

    assert response.status_code == 200
    assert response.json() == {"id": 1, "username": "ada"}


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer made-up"}])
def test_me_without_a_valid_token(client: TestClient, headers: dict[str, str]) -> None:
    response = client.get("/auth/me", headers=headers)

    assert response.status_code == 401
    assert response.headers["www-authenticate"] == "Bearer"


def test_tokens_expire(
    client: TestClient, ada: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    later = time.time() + TOKEN_SECONDS + 1
    monkeypatch.setattr("shop.dependencies.time.time", lambda: later)

    assert client.get("/auth/me", headers=ada).status_code == 401


def test_passwords_are_salted() -> None:
    first, second = hash_password("lovelace"), hash_password("lovelace")

    assert first != second
    assert verify_password("lovelace", first)
    assert not verify_password("byron", second)
