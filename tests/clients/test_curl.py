"""curl, as people type it."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from tests.clients.site import FILE

pytestmark = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")

BODY = bytes(range(256)) * 8000


def curl(*arguments: str | Path, stdin: bytes | None = None) -> bytes:
    """Run curl, and return what it writes."""
    command = ["curl", "--silent", "--show-error", "--max-time", "20", *map(str, arguments)]
    done = subprocess.run(command, input=stdin, capture_output=True, timeout=30, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def told(*arguments: str | Path, stdin: bytes | None = None) -> Any:
    return json.loads(curl(*arguments, stdin=stdin))


@pytest.fixture
def body(tmp_path: Path) -> Path:
    """A file to upload."""
    path = tmp_path / "body.bin"
    path.write_bytes(BODY)
    return path


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def test_form(site: str, body: Path) -> None:
    """-F sends fields and files."""
    rows = told("-F", "text=grüße", "-F", f"file=@{body};type=image/png", f"{site}/form")

    assert rows == [
        ["text", "grüße"],
        ["file", "body.bin", "image/png", len(BODY), digest(BODY)],
    ]


def test_data(site: str, body: Path) -> None:
    """-d, --json-like data and --data-binary send bodies as they are."""
    json_type = ("-H", "content-type: application/json")
    text = '{"b": 2.50, "a": 1, "a": 12345678901234567890}'

    form = told("-d", "a=1&b=2", f"{site}/told")
    exact = told(*json_type, "-d", text, f"{site}/told")
    binary = told("--data-binary", f"@{body}", "-X", "PATCH", f"{site}/told")

    assert form["headers"]["content-type"] == "application/x-www-form-urlencoded"
    assert exact["sha256"] == digest(text.encode())
    assert (binary["method"], binary["sha256"]) == ("PATCH", digest(BODY))


def test_chunked(site: str) -> None:
    """-T - sends what comes from a pipe, in chunks."""
    seen = told("-T", "-", f"{site}/told", stdin=BODY)

    assert (seen["method"], seen["sha256"]) == ("PUT", digest(BODY))
    assert seen["headers"]["content-length"] is None


def test_expect(site: str, body: Path) -> None:
    """A client that asks whether it may send is told so at once."""
    expect = ("-H", "expect: 100-continue", "--expect100-timeout", "8")
    began = time.monotonic()

    seen = told(*expect, "--data-binary", f"@{body}", f"{site}/told")

    assert seen["size"] == len(BODY)
    assert time.monotonic() - began < 6


def test_head(site: str) -> None:
    """-I shows the headers of a file."""
    text = curl("-I", f"{site}/file").decode()

    assert text.startswith("HTTP/1.1 200 OK\r\n")
    assert f"content-length: {len(FILE)}\r\n" in text.lower()


def test_range(site: str) -> None:
    """-r gets a part, also the last one."""
    assert curl("-r", "1000-1009", f"{site}/file") == FILE[1000:1010]
    assert curl("-r", "-5", f"{site}/file") == FILE[-5:]


def test_resume(site: str, tmp_path: Path) -> None:
    """-C - goes on with a download that was broken off."""
    path = tmp_path / "file.bin"
    path.write_bytes(FILE[:100_000])

    curl("-C", "-", "-o", path, f"{site}/file")

    assert path.read_bytes() == FILE


def test_name_of_a_download(site: str, tmp_path: Path) -> None:
    """-OJ takes the name that the app gives."""
    curl("-OJ", "--output-dir", tmp_path, f"{site}/file")

    (path,) = tmp_path.iterdir()
    assert path.read_bytes() == FILE


def test_events(site: str) -> None:
    """-N shows events as they come."""
    command = ["curl", "-sN", "-H", "last-event-id: 4", f"{site}/events"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = [(time.monotonic(), line.rstrip("\n")) for line in process.stdout]

    ids = [(at, line) for at, line in lines if line.startswith("id:")]
    assert [line for _, line in ids] == ["id: 5", "id: 6", "id: 7"]
    assert ids[-1][0] - ids[0][0] > 0.2


def test_redirects_and_cookies(site: str, tmp_path: Path) -> None:
    """-L follows, with a jar for the cookies."""
    jar = tmp_path / "jar"

    seen = told("-L", "-c", jar, "-b", jar, f"{site}/login?name=ada")
    kept = told("-L", "--post301", "-d", "body", f"{site}/away/308")

    assert seen == {"name": "ada", "theme": "dark"}
    assert told("-b", jar, f"{site}/cookies") == seen
    assert (kept["method"], kept["size"]) == ("POST", 4)


def test_compressed(site: str) -> None:
    """--compressed asks for gzip and unpacks it."""
    headers = curl("--compressed", "-D", "-", "-o", "/dev/null", f"{site}/large").decode()

    assert "content-encoding: gzip" in headers.lower()
    assert len(told("--compressed", f"{site}/large")) == 30_000


def test_password(site: str) -> None:
    """-u logs in, --anyauth asks first."""
    assert curl("-u", "ada:love lace", f"{site}/private") == b"welcome"
    assert curl("--anyauth", "-u", "ada:love lace", f"{site}/private") == b"welcome"


def test_one_connection(site: str, body: Path) -> None:
    """Several requests go over one connection, a large upload and a stream among them."""
    urls = [f"{site}/told", f"{site}/large", f"{site}/lines?count=3&pause=0", f"{site}/unchanged"]
    command = ["curl", "-sv", "--data-binary", f"@{body}", urls[0]]
    for url in urls[1:]:
        command += ["--next", "-s", url]
    done = subprocess.run(command, capture_output=True, timeout=30, check=True)

    assert len(re.findall(rb"Re-using existing connection", done.stderr)) == len(urls) - 1


def test_http_1_0(site: str) -> None:
    """A client of HTTP/1.0 gets a stream up to the end of the connection."""
    assert curl("--http1.0", f"{site}/lines?count=3&pause=0").count(b"\n") == 3
