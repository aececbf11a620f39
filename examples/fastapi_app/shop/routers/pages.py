"""Pages for people."""

from html import escape
from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from shop import catalogue
from shop.dependencies import DatabaseDep, TransactionDep
from shop.models import Category, ProductFilter, ProductIn, ProductOut

router = APIRouter(include_in_schema=False)

PAGE = """\
<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>Shop</title>
  <link rel="stylesheet" href="{css}">
  <script src="{js}" data-stock="{stock}" data-orders="{orders}" data-products="{products}"
    defer></script>
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
  <p><a href="{inventory}" download>Inventory as CSV</a></p>
  <h2>New product</h2>
  <form method="post" id="product">
    <label>Name <input name="name" maxlength="80" required></label>
    <label>Category <select name="category">{categories}</select></label>
    <label>Price in cents <input type="number" name="price_cents" min="1" required></label>
    <button>Add</button>
  </form>
  <h2>Image</h2>
  <form id="image">
    <label>Product <select name="product">{options}</select></label>
    <label>File <input type="file" name="image" required></label>
    <button>Upload</button>
    <output></output>
  </form>
  <h2>Orders</h2>
  <ol id="orders"></ol>
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
        orders=request.url_for("stream_events").path,
        products=request.url_for("list_products").path,
        inventory=request.url_for("export_inventory").path,
        q=escape(q),
        categories="".join(f"<option>{category}</option>" for category in Category),
        options="".join(option(product) for product in found.items),
        rows="\n".join(table_row(product) for product in found.items),
    )


@router.post("/")
async def add_from_page(
    request: Request, product: Annotated[ProductIn, Form()], transaction: TransactionDep
) -> RedirectResponse:
    """Add the product of the page's form, and show the page again."""
    catalogue.add_product(transaction, product)
    transaction.commit()
    return RedirectResponse(request.url_for("show_home").path, status_code=303)


def option(product: ProductOut) -> str:
    return f'<option value="{product.id}">{escape(product.name)}</option>'


def table_row(product: ProductOut) -> str:
    return (
        f'      <tr data-product="{product.id}"><td>{escape(product.name)}</td>'
        f'<td>{product.price_cents / 100:.2f}</td><td class="stock">{product.stock}</td></tr>'
    )
