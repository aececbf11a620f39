"""Tests of how much of a re-serialised body a Pydantic schema could notice."""

from __future__ import annotations

import dataclasses
import datetime
import decimal
import enum
import uuid
from collections.abc import Sequence
from typing import Annotated, Any, Literal

import pytest
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Json,
    PlainValidator,
    RootModel,
    Tag,
    TypeAdapter,
    WrapValidator,
    field_validator,
    model_validator,
)
from pydantic.dataclasses import dataclass as pydantic_dataclass
from typing_extensions import TypedDict

from iii_asgi.catalogue.schema_rules import schema_rule


class Color(enum.Enum):
    """Text."""

    RED = "red"


class Level(enum.Enum):
    """Numbers."""

    LOW = 1


class Odd(enum.Enum):
    """Neither."""

    PAIR = (1, 2)


class Lenient(enum.Enum):
    """Sees what is no member."""

    RED = "red"

    @classmethod
    def _missing_(cls, value: object) -> Lenient:
        return cls.RED


class Address(BaseModel):
    """Closed."""

    street: str = Field(min_length=1)
    kind: Literal["home", "work", None] = None


class Person(BaseModel):
    """Closed, and refers to itself."""

    model_config = ConfigDict(extra="forbid")

    id: uuid.UUID
    name: str
    color: Color = Color.RED
    active: bool | None = None
    addresses: list[Address] = []
    tags: set[str] = set()
    pair: tuple[str, bool] | None = None
    contact: Address | str
    friends: list[Person] = []

    @field_validator("name")
    @classmethod
    def check(cls, value: str) -> str:
        """Validate what was validated."""
        return value


class Cat(BaseModel):
    """One of a union that is told apart by a field."""

    kind: Literal["cat"]


class Dog(BaseModel):
    """The other one."""

    kind: Literal["dog"]


class Order(BaseModel):
    """Closed, with numbers."""

    quantity: int
    address: Address
    lines: list[Order] = []


class Open(BaseModel):
    """Keeps what it does not know."""

    model_config = ConfigDict(extra="allow")


class Texts(BaseModel):
    """Makes text of numbers."""

    model_config = ConfigDict(coerce_numbers_to_str=True)
    text: str


class Before(BaseModel):
    """Sees its input."""

    text: str

    @model_validator(mode="before")
    @classmethod
    def check(cls, value: Any) -> Any:
        """Validate what came."""
        return value


class OwnInit(BaseModel):
    """Sees its input, too."""

    text: str

    def __init__(self, **data: Any) -> None:
        super().__init__(**data)


class Words(TypedDict, total=False):
    """A closed dictionary."""

    text: str


class MoreWords(TypedDict):
    """An open one."""

    __pydantic_config__ = ConfigDict(extra="allow")  # type: ignore[misc]

    text: str


@dataclasses.dataclass
class Point:
    """A plain dataclass."""

    name: str
    x: float


@pydantic_dataclass(config=ConfigDict(extra="allow"))
class OpenPoint:
    """Keeps what it does not know."""

    name: str


class OpenInside(BaseModel):
    """Closed, but for a part deep within."""

    order: Order
    more: list[Open | None]


def unchanged(value: Any) -> Any:
    """Return the value."""
    return value


def rule_of(annotation: Any) -> str:
    """Return the rule of a type."""
    return schema_rule(TypeAdapter(annotation).core_schema)


@pytest.mark.parametrize(
    "annotation",
    [
        Person,
        Person | None,
        list[Person],
        Cat | Dog,
        Annotated[Cat | Dog, Field(discriminator="kind")],
        RootModel[list[str]],
        str,
        bool,
        None,
        uuid.UUID,
        Color,
        Literal["a", True],
        frozenset[str],
        tuple[str, ...],
        Words,
        Annotated[str, Json()],  # type: ignore[type-arg]
        Annotated[str, AfterValidator(unchanged)],
    ],
)
def test_text(annotation: Any) -> None:
    """A closed schema without numbers is the same from a re-serialised body."""
    assert rule_of(annotation) == "inline"


@pytest.mark.parametrize(
    "annotation",
    [
        int,
        float,
        datetime.date,
        datetime.time,
        datetime.datetime,
        datetime.timedelta,
        int | str,
        Annotated[int, Field(gt=1), AfterValidator(unchanged)],
        Literal[1, "a"],
        Level,
        Order,
        Cat | Order,
        list[Order | None],
        Point,
    ],
)
def test_numbers(annotation: Any) -> None:
    """Where a closed schema takes numbers, they must be the client's."""
    assert rule_of(annotation) == "inline_if_same_length"


@pytest.mark.parametrize(
    "annotation",
    [
        Any,
        dict[str, str],
        list,
        list[Any],
        Sequence[str],
        decimal.Decimal,
        complex,
        bytes,
        Odd,
        Lenient,
        Open,
        OpenInside,
        OpenPoint,
        MoreWords,
        Texts,
        Before,
        OwnInit,
        Annotated[str, BeforeValidator(unchanged)],
        Annotated[str, PlainValidator(unchanged)],
        Annotated[str, WrapValidator(lambda value, handler: handler(value))],
        Annotated[
            Annotated[Cat, Tag("cat")] | Annotated[Dog, Tag("dog")],
            Discriminator(lambda value: "cat"),
        ],
    ],
)
def test_open(annotation: Any) -> None:
    """Free-form values, and what sees the input, need the client's bytes."""
    try:
        rule = rule_of(annotation)
    except KeyError:  # for the caller the same
        rule = "channel"
    assert rule == "channel"
