"""Pages for people."""

from html import escape
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from shop import catalogue
from shop.dependencies import DatabaseDep
from shop.models import ProductFilter, ProductOut

router = APIRouter(include_in_schema=False)

PAGE = """\
<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>Shop</title>
  <link rel="stylesheet" href="{css}">
  <script src="{js}" data-stock="{stock}" defer></script>
</head>
<body>
  <h1>Shop</h1>
  <form method="get">
    <label>Search <input type="search" name="q" value="{q}" maxlength="80"></label>
    <button>Find</button>
  </form>
  <table>
    <thead><tr><th>Product</th><th>Price</th><th>In stock</th></tr></thead>
    <tbody>
{rows}
    </tbody>
  </table>
</body>
</html>
"""


@router.get("/", response_class=HTMLResponse)
async def show_home(
    request: Request, database: DatabaseDep, q: Annotated[str, Query(max_length=80)] = ""
) -> str:
    """Show the products and a form to search them."""
    found = catalogue.find_products(database, ProductFilter(q=q or None, limit=100))
    return PAGE.format(
        css=request.url_for("static", path="shop.css").path,
        js=request.url_for("static", path="shop.js").path,
        stock=request.url_for("watch_stock").path,
        q=escape(q),
        rows="\n".join(table_row(product) for product in found.items),
    )


def table_row(product: ProductOut) -> str:
    return (
        f'      <tr data-product="{product.id}"><td>{escape(product.name)}</td>'
        f'<td>{product.price_cents / 100:.2f}</td><td class="stock">{product.stock}</td></tr>'
    )
