"""What goes into the shop and what comes out of it."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

MAX_ID = 2**31 - 1

ProductId = Annotated[int, Field(ge=1, le=MAX_ID)]
Cents = Annotated[int, Field(gt=0, le=10_000_000, description="Price in cents")]
Stock = Annotated[int, Field(ge=0, le=1_000_000, description="How many are left")]
Name = Annotated[str, Field(min_length=1, max_length=80)]
Description = Annotated[str, Field(max_length=500)]


class Problem(BaseModel):
    """Why a request was turned down."""

    detail: str


class Category(StrEnum):
    BOOKS = "books"
    GAMES = "games"
    STATIONERY = "stationery"


class ProductSort(StrEnum):
    NAME = "name"
    PRICE = "price"


class ProductIn(BaseModel):
    """A product to add to the catalogue."""

    name: Name
    description: Description = ""
    category: Category
    price_cents: Cents
    stock: Stock = 0


class ProductUpdate(BaseModel):
    """Changes to a product; what is left out stays as it is."""

    name: Name | None = None
    description: Description | None = None
    category: Category | None = None
    price_cents: Cents | None = None
    stock: Stock | None = None


class ProductOut(BaseModel):
    """A product of the catalogue."""

    id: int
    name: str
    description: str
    category: Category
    price_cents: int
    stock: int
    has_image: bool


class ProductFilter(BaseModel):
    """Which products to list, and how."""

    model_config = ConfigDict(extra="forbid")

    category: Category | None = None
    q: str | None = Field(default=None, max_length=80, description="Part of the name")
    max_price_cents: Cents | None = None
    in_stock: bool = False
    sort: ProductSort = ProductSort.NAME
    limit: int = Field(default=20, ge=1, le=100)
    offset: int = Field(default=0, ge=0, le=100_000)


class ProductPage(BaseModel):
    """One page of the products found."""

    items: list[ProductOut]
    total: int
    limit: int
    offset: int


class ImageInfo(BaseModel):
    """An image as it was stored."""

    product_id: int
    content_type: str
    size: int
    sha256: str


class Rating(StrEnum):
    POOR = "poor"
    GOOD = "good"
    EXCELLENT = "excellent"


class ReviewIn(BaseModel):
    """What a customer says about a product."""

    model_config = ConfigDict(extra="forbid")

    author: str = Field(min_length=1, max_length=40)
    rating: Rating
    text: str = Field(min_length=1, max_length=1000)


class ReviewOut(BaseModel):
    """A review as it is shown."""

    model_config = ConfigDict(extra="forbid")

    author: str
    rating: Rating
    text: str


class Token(BaseModel):
    """A bearer token."""

    access_token: str
    token_type: Literal["bearer"] = "bearer"
    expires_in: int = Field(description="Seconds")


class User(BaseModel):
    """Somebody who has an account."""

    id: int
    username: str


class Address(BaseModel):
    """Where an order goes."""

    street: str = Field(min_length=1, max_length=120)
    city: str = Field(min_length=1, max_length=80)
    postcode: str = Field(min_length=1, max_length=12)
    country: str = Field(pattern=r"^[A-Z]{2}$", description="ISO 3166-1 alpha-2")


class CardPayment(BaseModel):
    """Paid by card."""

    method: Literal["card"]
    last_digits: str = Field(pattern=r"^[0-9]{4}$")


class InvoicePayment(BaseModel):
    """Paid on receipt of an invoice."""

    method: Literal["invoice"]
    reference: str | None = Field(default=None, max_length=40)


Payment = Annotated[CardPayment | InvoicePayment, Field(discriminator="method")]


class OrderStatus(StrEnum):
    PLACED = "placed"
    CONFIRMED = "confirmed"


class OrderLineIn(BaseModel):
    """How many of a product to order."""

    product_id: ProductId
    quantity: int = Field(default=1, ge=1, le=100)


class OrderIn(BaseModel):
    """An order to place."""

    lines: list[OrderLineIn] = Field(min_length=1, max_length=20)
    payment: Payment
    shipping: Address | None = Field(default=None, description="Left out: collected at the shop")
    note: str | None = Field(default=None, max_length=200)


class OrderLineOut(BaseModel):
    """A line of an order, at the price of its day."""

    product_id: int
    name: str
    quantity: int
    unit_price_cents: int


class OrderOut(BaseModel):
    """An order that was placed."""

    id: int
    status: OrderStatus
    lines: list[OrderLineOut]
    total_cents: int
    payment: Payment
    shipping: Address | None
    note: str | None
    created_at: datetime


class OrderFilter(BaseModel):
    """Which orders to list."""

    model_config = ConfigDict(extra="forbid")

    status: OrderStatus | None = None
    limit: int = Field(default=20, ge=1, le=100)
    offset: int = Field(default=0, ge=0, le=100_000)


class Confirmation(BaseModel):
    """The message that confirms an order."""

    recipient: str
    subject: str
    body: str


class OrderEvent(BaseModel):
    """An order was placed."""

    order_id: int
    total_cents: int
    created_at: datetime


class StockQuery(BaseModel):
    """Asks how many of a product are left."""

    product_id: ProductId


class StockLevel(BaseModel):
    """Answers a `StockQuery`."""

    type: Literal["level"] = "level"
    product_id: int
    stock: int


class StockChange(BaseModel):
    """Says that a product's stock has changed."""

    type: Literal["change"] = "change"
    product_id: int
    stock: int


class StockError(BaseModel):
    """Says that a message was not understood."""

    type: Literal["error"] = "error"
    detail: str
