from fastapi.testclient import TestClient


def test_home_lists_products(client: TestClient) -> None:
    response = client.get("/")

    assert response.status_code == 200
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert "<td>Chess set</td><td>39.00</td>" in response.text
    assert '<form method="get">' in response.text


def test_home_searches(client: TestClient) -> None:
    text = client.get("/", params={"q": "dice"}).text

    assert "Dice" in text
    assert "Chess set" not in text


def test_home_escapes(client: TestClient) -> None:
    client.post("/products", json={"name": "<b>Bold</b>", "category": "books", "price_cents": 100})

    text = client.get("/", params={"q": '<b>"'}).text + client.get("/").text

    assert "<b>" not in text
    assert "&lt;b&gt;Bold&lt;/b&gt;" in text


def test_home_links_to_static_files(client: TestClient) -> None:
    text = client.get("/").text

    assert 'href="/static/shop.css"' in text
    assert 'src="/static/shop.js" data-stock="/ws/stock"' in text
    assert 'data-orders="/reports/events" data-products="/products"' in text
    assert 'href="/reports/inventory.csv" download' in text


def test_home_adds_a_product(client: TestClient) -> None:
    abacus = {"name": "Abacus", "category": "games", "price_cents": "1550"}

    response = client.post("/", data=abacus, follow_redirects=False)

    assert (response.status_code, response.headers["location"]) == (303, "/")
    assert "<td>Abacus</td><td>15.50</td>" in client.get("/").text


def test_home_refuses_a_wrong_product(client: TestClient) -> None:
    assert client.post("/", data={"name": "Abacus", "category": "tools"}).status_code == 422


def test_static_files(client: TestClient) -> None:
    css = client.get("/static/shop.css")
    js = client.get("/static/shop.js")

    assert css.status_code == js.status_code == 200
    assert css.headers["content-type"].startswith("text/css")
    assert "javascript" in js.headers["content-type"]
    assert "WebSocket" in js.text


def test_static_file_not_modified(client: TestClient) -> None:
    etag = client.get("/static/shop.css").headers["etag"]

    assert client.get("/static/shop.css", headers={"If-None-Match": etag}).status_code == 304


def test_no_such_static_file(client: TestClient) -> None:
    assert client.get("/static/none.css").status_code == 404
