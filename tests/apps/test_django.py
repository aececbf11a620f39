"""A Django project with its admin, as ASGI and as WSGI."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.apps.pairs import Pair, pair_of
from tests.apps.requests_of import LARGE
from tests.servers import ROOT, Place

pytest.importorskip("django", reason="Django is not installed: dependency group `apps`")

SITE = "tests.apps.sites.django_site"
USER = {"username": "ada", "password": "lovelace"}


@pytest.fixture(scope="module")
def variables(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of the project: a database with a superuser."""
    folder = tmp_path_factory.mktemp("django")
    variables = {
        "DJANGO_SETTINGS_MODULE": f"{SITE}.settings",
        "DJANGO_SITE_FOLDER": str(folder),
        "DJANGO_SUPERUSER_PASSWORD": USER["password"],
    }
    manage(variables, "migrate", "--verbosity", "0")
    user = ("--username", USER["username"], "--email", "ada@example.com")
    manage(variables, "createsuperuser", "--no-input", *user)
    return variables


def manage(variables: dict[str, str], *command: str) -> None:
    """Run a command of the project."""
    env = {**os.environ, **variables}
    subprocess.run([sys.executable, "-m", "django", *command], env=env, cwd=ROOT, check=True)


@dataclass(frozen=True, slots=True)
class Kind:
    """One way to serve the project, and the reference for it.

    Attributes:
        app: for iii-asgi.
        truth: for uvicorn.
        prefix: of its paths.
        told: the settings of the project name the prefix; else it learns it from each request.
    """

    app: str
    truth: str
    prefix: str = ""
    told: bool = False


KINDS = {
    "asgi": Kind(f"{SITE}.asgi", f"{SITE}.asgi:application"),
    "wsgi": Kind(f"{SITE}.wsgi", f"{SITE}.wsgi:asgi"),
    "asgi under a path": Kind(f"{SITE}.asgi", f"{SITE}.asgi:application", "/site"),
    "wsgi under a path": Kind(f"{SITE}.wsgi", f"{SITE}.wsgi:asgi", "/site"),
    "asgi under its path": Kind(f"{SITE}.asgi", f"{SITE}.asgi:application", "/site", told=True),
    "wsgi under its path": Kind(f"{SITE}.wsgi", f"{SITE}.wsgi:asgi", "/site", told=True),
}


@pytest.fixture(scope="module", params=list(KINDS.values()), ids=list(KINDS))
def kind(request: pytest.FixtureRequest) -> Kind:
    """How it is served."""
    kind: Kind = request.param
    return kind


@pytest.fixture(scope="module")
def pair(place: Place, variables: dict[str, str], kind: Kind) -> Iterator[Pair]:
    """The project; of its module the name alone is given, as one would."""
    env = {**variables, "DJANGO_SITE_PREFIX": kind.prefix if kind.told else ""}
    with pair_of(place, kind.app, truth=kind.truth, prefix=kind.prefix, env=env) as pair:
        yield pair


@pytest.fixture
def browser(pair: Pair) -> Iterator[httpx.Client]:
    """A client that keeps cookies and follows redirects, on the project through iii."""
    url = f"{pair.ours.base_url}".rstrip("/") + pair.prefix
    with httpx.Client(base_url=url, follow_redirects=True, timeout=40) as browser:
        yield browser


REQUESTS: list[tuple[str, str, dict[str, Any]]] = [
    ("GET", "/", {}),
    ("GET", "/?a=%C3%BC", {"headers": {"cookie": "x=1; y=2"}}),
    ("GET", "/tea/%C3%BC%20!/", {}),
    ("GET", "/tea/x", {}),
    ("HEAD", "/tea/x/", {}),
    ("GET", "/nowhere/", {}),
    ("POST", "/form/", {"data": {"name": "x"}}),
    ("POST", "/body/", {"content": LARGE[:1_000_000]}),
    ("PUT", "/body/", {"json": {"b": 2.50, "a": 1}}),
    ("POST", "/body/", {}),
    ("POST", "/upload/", {"files": {"file": ("large.bin", LARGE)}}),
    ("GET", "/lines/", {}),
    ("GET", "/later/", {}),
    ("GET", "/fail/", {}),
    ("GET", "/static/admin/css/base.css", {}),
    ("GET", "/static/admin/img/inline-delete.svg", {}),
    ("GET", "/static/none.css", {}),
    ("GET", "/admin/", {}),
]


@pytest.mark.parametrize(("method", "path", "options"), REQUESTS)
def test_answers(pair: Pair, method: str, path: str, options: dict[str, Any]) -> None:
    """Each answer is the one that the project gives behind a web server."""
    truth, ours = pair.ask(method, path, **options)

    assert ours == truth
    assert (truth.status == 500) is path.startswith("/fail")


def token_of(page: httpx.Response) -> str:
    """Return the CSRF token of a form."""
    match = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.text)
    assert match, page.text
    return match[1]


def test_admin(browser: httpx.Client) -> None:
    """One logs in to the admin, with its CSRF token, adds a user, and logs out."""
    page = browser.get("/admin/")
    assert page.url.path.endswith("/admin/login/")

    login = {**USER, "csrfmiddlewaretoken": token_of(page)}
    home = browser.post(str(page.url), data=login)
    assert "Site administration" in home.text

    page = browser.get("/admin/auth/user/add/")
    added = {"username": "bob", "password1": "long-Enough-7", "password2": "long-Enough-7"}
    added |= {"usable_password": "true", "csrfmiddlewaretoken": token_of(page)}
    page = browser.post("/admin/auth/user/add/", data=added)
    assert "Change user" in page.text
    page = browser.post(
        str(page.url).replace("change", "delete"),
        data={"post": "yes", "csrfmiddlewaretoken": token_of(page)},
    )
    assert "was deleted successfully" in page.text

    page = browser.post("/admin/logout/", data={"csrfmiddlewaretoken": token_of(page)})
    assert "Logged out" in page.text
    assert browser.get("/admin/").url.path.endswith("/admin/login/")


def test_static_files(kind: Kind, browser: httpx.Client) -> None:
    """The styles and scripts that the admin's pages name are there."""
    if kind.prefix and not kind.told:
        pytest.skip("Django makes the URLs of static files when it starts, without the path")
    page = browser.get("/admin/")
    links = re.findall(r'(?:href|src)="([^"]+\.(?:css|js))"', page.text)

    assert len(links) > 3
    for link in links:
        answer = browser.get(page.url.join(link))
        assert answer.status_code == 200, link
        assert answer.headers["content-type"].startswith("text/")


def test_wrong_csrf_token(browser: httpx.Client) -> None:
    """A form without the right token is refused."""
    browser.get("/form/")

    assert browser.post("/form/", data={"csrfmiddlewaretoken": "x" * 64}).status_code == 403


def test_form_with_a_file(browser: httpx.Client, tmp_path: Path) -> None:
    """A form with a file is accepted, and redirects."""
    token = token_of(browser.get("/form/"))
    data = {"name": "oolong", "csrfmiddlewaretoken": token}
    page = browser.post("/form/", data=data, files={"picture": ("a.png", LARGE[:200_000])})

    assert [one.status_code for one in page.history] == [302]
    assert page.text == "Tea oolong"


def test_stream_in_pieces(browser: httpx.Client) -> None:
    """An asynchronous stream comes as it is made."""
    with browser.stream("GET", "/later/") as answer:
        pieces = list(answer.iter_text())

    assert "".join(pieces) == "".join(f"data: {number}\n\n" for number in range(5))
