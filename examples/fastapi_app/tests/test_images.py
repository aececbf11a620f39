import hashlib

import httpx
import pytest
from fastapi.testclient import TestClient

from shop.routers.images import MAX_IMAGE_SIZE

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20


@pytest.mark.anyio
async def test_image_round_trip(async_client: httpx.AsyncClient) -> None:
    response = await async_client.put(
        "/products/1/image", files={"image": ("gear.png", PNG, "image/png")}
    )

    assert response.status_code == 200
    assert response.json() == {
        "product_id": 1,
        "content_type": "image/png",
        "size": len(PNG),
        "sha256": hashlib.sha256(PNG).hexdigest(),
    }
    image = await async_client.get("/products/1/image")
    assert image.headers["content-type"] == "image/png"
    assert image.content == PNG
    assert (await async_client.get("/products/1")).json()["has_image"] is True


def test_a_new_image_replaces_the_old(client: TestClient) -> None:
    client.put("/products/1/image", files={"image": ("gear.png", PNG, "image/png")})
    client.put("/products/1/image", files={"image": ("gear.webp", b"webp", "image/webp")})

    image = client.get("/products/1/image")
    assert (image.headers["content-type"], image.content) == ("image/webp", b"webp")


def test_product_without_an_image(client: TestClient) -> None:
    response = client.get("/products/1/image")

    assert response.status_code == 404
    assert response.json() == {"detail": "Image not found"}


def test_image_of_an_unknown_product(client: TestClient) -> None:
    response = client.put("/products/99/image", files={"image": ("x.png", PNG, "image/png")})

    assert response.status_code == 404


def test_not_an_image(client: TestClient) -> None:
    response = client.put("/products/1/image", files={"image": ("x.txt", b"x", "text/plain")})

    assert response.status_code == 415


def test_image_too_large(client: TestClient) -> None:
    large = bytes(MAX_IMAGE_SIZE + 1)
    response = client.put("/products/1/image", files={"image": ("x.png", large, "image/png")})

    assert response.status_code == 413


def test_upload_without_a_file(client: TestClient) -> None:
    response = client.put("/products/1/image")

    assert response.status_code == 422
    assert response.json()["detail"][0]["loc"] == ["body", "image"]
