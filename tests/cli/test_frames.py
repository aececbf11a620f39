"""Where in the user's code an exception came from."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from iii_asgi.cli.frames import explain, skip_ours, skip_to_users
from iii_asgi.cli.loading import load
from iii_asgi.cli.target import Target


def raised(call: object) -> BaseException:
    """Return what a call raises."""
    assert callable(call)
    with pytest.raises(BaseException) as caught:  # noqa: PT011  # any
        call()
    return caught.value


def test_last_frame_of_the_user() -> None:
    """The frame shown is the user's last one, not that of the library it called."""
    text = explain(raised(lambda: json.loads("{")))

    assert 'json.loads("{")' in text
    assert "test_frames.py" in text
    assert text.splitlines()[-1].startswith("json.decoder.JSONDecodeError")


def test_no_frame_at_all() -> None:
    """An exception that was never raised has only its words."""
    assert explain(ValueError("bad")) == "ValueError: bad"


def test_syntax_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A syntax error is shown where it stands in the file, relative to where we are."""
    monkeypatch.chdir(tmp_path)
    error = raised(lambda: compile("def f(:\n", str(tmp_path / "shop.py"), "exec"))

    text = explain(error)

    assert 'File "shop.py", line 1' in text
    assert text.endswith("SyntaxError: invalid syntax")


@pytest.mark.usefixtures("fresh_imports")
def test_our_frames_are_skipped(tmp_path: Path) -> None:
    """A traceback that begins in this package is shown from where it leaves it."""
    (tmp_path / "main.py").write_text("def create_app():\n    1 / 0\n")
    error = raised(lambda: load(Target("main:create_app", factory=True, app_dir=tmp_path)))
    cause = error.__cause__
    assert cause is not None

    trace = skip_ours(cause.__traceback__)

    assert trace is not None
    assert trace.tb_frame.f_code.co_filename.endswith("main.py")


def test_from_the_users_first_frame() -> None:
    """A traceback can begin with the user's first frame, whatever called it."""
    error = raised(lambda: sorted([1, 2], key=lambda one: json.loads("{")))
    trace = skip_to_users(error.__traceback__)

    assert trace is not None
    assert trace.tb_frame.f_code.co_filename == __file__


def test_only_our_frames() -> None:
    """Where all frames are ours, none is left."""
    error = raised(lambda: load(Target("nowhere.py")))
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename == __file__:
        trace = trace.tb_next

    assert trace is not None
    assert skip_ours(trace) is None
    assert skip_to_users(trace) is None
