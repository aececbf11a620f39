"""Words that bash has broken."""

from __future__ import annotations

import pytest

from iii_asgi.cli.bash_words import BEGUN, mend_words, mended


@pytest.mark.parametrize(
    ("broken", "words", "begun"),
    [
        ("iii-asgi call ord", ["iii-asgi", "call", "ord"], ""),
        ("iii-asgi call orders :: re", ["iii-asgi", "call", "re"], "orders::"),
        ("iii-asgi call orders ::", ["iii-asgi", "call", ""], "orders::"),
        ("iii-asgi call a :: b : c", ["iii-asgi", "call", "c"], "a::b:"),
        (
            "iii-asgi call --url ws : //h : 1 a :: b",
            ["iii-asgi", "call", "--url", "ws://h:1", "b"],
            "a::",
        ),
        ("iii-asgi call f key = va", ["iii-asgi", "call", "f", "va"], "key="),
        ("iii-asgi routes --http = ro", ["iii-asgi", "routes", "--http", "ro"], ""),
        ("iii-asgi call --url=ws : x", ["iii-asgi", "call", "x"], "--url=ws:"),
    ],
)
def test_mended(broken: str, words: list[str], begun: str) -> None:
    """Words are whole again; of the last one, what bash replaces is apart."""
    assert mended(broken.split()) == (words, begun)


def test_environment() -> None:
    """What comes after the cursor is left out; only bash's variables are touched."""
    words = "iii-asgi\ncall\na\n::\nb\nc=1"
    bash = {"_III_ASGI_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": "4"}
    zsh = {"_III_ASGI_COMPLETE": "complete_zsh", "COMP_WORDS": "a", "COMP_CWORD": "0"}

    mend_words(bash)
    assert bash["COMP_WORDS"].split("\n") == ["iii-asgi", "call", "b"]
    assert (bash["COMP_CWORD"], bash[BEGUN]) == ("2", "a::")
    before = dict(zsh)
    mend_words(zsh)
    assert zsh == before
