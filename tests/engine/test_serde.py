"""JSON as it leaves the engine."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iii_asgi.engine import serde

values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@pytest.mark.parametrize(
    ("text", "rewritten"),
    [
        ('{"b":1, "a":{"d":1,"c":2}}', '{"a":{"c":2,"d":1},"b":1}'),
        ('{"a":1,"a":2}', '{"a":2}'),
        ('{"é":1,"z":2,"Z":3}', '{"Z":3,"z":2,"é":1}'),
        ('"\\u00e9\\/\\u001f"', '"é/\\u001f"'),
    ],
)
def test_keys_are_sorted_and_unique(text: str, rewritten: str) -> None:
    """Keys come sorted, the last of equal ones stays, escapes become characters."""
    assert bytes(serde.rewrite(text.encode())).decode() == rewritten


@pytest.mark.parametrize(
    ("number", "printed"),
    [
        ("2.50", "2.5"),
        ("1e2", "100.0"),
        ("1E+5", "100000.0"),
        ("-0", "-0.0"),
        ("0e999", "0.0"),
        ("1e15", "1000000000000000.0"),
        ("1e16", "1e+16"),
        ("1e-5", "0.00001"),
        ("-1.25e-5", "-0.0000125"),
        ("1e-6", "1e-6"),
        ("5e-324", "5e-324"),
        ("1e-400", "0.0"),
        ("18446744073709551615", "18446744073709551615"),
        ("18446744073709551616", "1.8446744073709552e+19"),
        ("-9223372036854775809", "-9.223372036854776e+18"),
        ("123456789012345678901234567890", "1.2345678901234568e+29"),
        ("0.1234567890123456789012345", "0.12345678901234568"),
    ],
)
def test_numbers_are_printed_as_the_engine_prints_them(number: str, printed: str) -> None:
    """Floats lose their spelling, and integers beyond 64 bits become floats."""
    assert bytes(serde.rewrite(f"[{number}]".encode())).decode() == f"[{printed}]"


@pytest.mark.parametrize(
    ("number", "printed"),
    [
        ("12345678901234567.0", "1.2345678901234566e+16"),
        ("123456789.12345678912345", "123456789.1234568"),
        ("2.2250738585072011e-308", "2.2250738585072014e-308"),
    ],
)
def test_long_doubles_can_change_their_last_bit(number: str, printed: str) -> None:
    """The engine reads digits and exponent apart, which rounds twice."""
    assert bytes(serde.rewrite(number.encode())).decode() == printed


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"nope",
        b"NaN",
        b"[NaN,-0]",
        b"[1,]",
        b"{} x",
        b'"\\ud800"',
        b'["\\ud800",-0]',
        b'"\xff"',
        b'["\xff",-0]',
        b'["\x01",-0]',
        b"1e400",
        b"[-1e999999999999,-0]",
        b"\xef\xbb\xbf{}",
        b"[" * 100_000,
    ],
)
def test_what_is_no_json_is_refused(text: bytes) -> None:
    """Text that the engine could not parse is an error, whatever way it is read."""
    with pytest.raises(ValueError):  # noqa: PT011 - the parsers' own words
        serde.rewrite(text)


@given(values)
def test_values_survive(value: object) -> None:
    """Re-writing changes the text, never a value without floats."""
    assert json.loads(bytes(serde.rewrite(json.dumps(value).encode()))) == value


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_doubles_are_off_by_at_most_a_few_bits(value: float) -> None:
    """A double comes back as the same one or as a close neighbour."""
    text = bytes(serde.rewrite(repr(value).encode()))

    assert math.isclose(float(text), value, rel_tol=1e-14, abs_tol=1e-322)
