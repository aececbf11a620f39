"""The names that callers know: pytest test_names.py"""

from wrapped import app

from iii_asgi import Bridge


def test_names() -> None:
    functions = Bridge(app).catalogue.functions
    assert {one.id for one in functions if not one.internal} == {"products::read"}
