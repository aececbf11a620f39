from fastapi.testclient import TestClient

REVIEW = {"author": "ada", "rating": "excellent", "text": "Punches cleanly."}


def test_reviews_are_listed_in_order(client: TestClient) -> None:
    assert client.get("/products/5/reviews").json() == []

    response = client.post("/products/5/reviews", json=REVIEW)
    client.post("/products/5/reviews", json={**REVIEW, "rating": "good"})

    assert response.status_code == 201
    assert response.json() == REVIEW
    reviews = client.get("/products/5/reviews").json()
    assert [review["rating"] for review in reviews] == ["excellent", "good"]


def test_review_of_an_unknown_product(client: TestClient) -> None:
    assert client.post("/products/99/reviews", json=REVIEW).status_code == 404
    assert client.get("/products/99/reviews").status_code == 404


def test_reviews_have_no_other_fields(client: TestClient) -> None:
    response = client.post("/products/5/reviews", json={**REVIEW, "stars": "5"})

    assert response.status_code == 422
    assert response.json()["detail"][0]["type"] == "extra_forbidden"


def test_reviews_go_with_their_product(client: TestClient) -> None:
    client.post("/products/5/reviews", json=REVIEW)
    client.delete("/products/5")

    assert client.get("/products/5/reviews").status_code == 404
