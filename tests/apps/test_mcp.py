"""An MCP server over streamable HTTP, with the official client."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.servers import Place, behind_iii, behind_uvicorn

mcp = pytest.importorskip("mcp", reason="mcp is not installed: dependency group `apps`")
if not hasattr(mcp, "Client"):
    pytest.skip("mcp is older than 2", allow_module_level=True)

pytestmark = pytest.mark.anyio

SITE = "tests.apps.sites.mcp_site:app"


@pytest.fixture(scope="module", params=["uvicorn", "app", "routes", "prefix"])
def url(place: Place, request: pytest.FixtureRequest) -> Iterator[str]:
    """Where the server is: behind uvicorn, and in three ways through iii."""
    if request.param == "uvicorn":
        with behind_uvicorn(SITE) as url:
            yield f"{url}/mcp"
        return
    flags = {"app": ["--http", "app"], "routes": [], "prefix": ["--prefix", "/tools"]}
    with behind_iii(place, SITE, *flags[request.param]):
        prefix = "/tools" if request.param == "prefix" else ""
        yield f"{place.http_url}{prefix}/mcp"


async def test_tools(url: str) -> None:
    """The client lists the tools and calls them."""
    async with mcp.Client(url) as client:
        tools = (await client.list_tools()).tools
        added = await client.call_tool("add", {"a": 2, "b": 3})
        refused = await client.call_tool("add", {"a": "no"})

    assert {one.name for one in tools} == {"add", "count"}
    assert added.structured_content == {"result": 5}
    assert refused.is_error


async def test_progress(url: str) -> None:
    """The steps of a tool that works on arrive while it does."""
    seen = []

    async def told(progress: float, total: float | None, message: str | None) -> None:
        seen.append((progress, total))

    async with mcp.Client(url) as client:
        done = await client.call_tool("count", {"to": 3}, progress_callback=told)

    assert done.content[0].text == "counted to 3"
    assert seen == [(1, 3), (2, 3), (3, 3)]


async def test_resources(url: str) -> None:
    """The client reads a resource."""
    async with mcp.Client(url) as client:
        read = await client.read_resource("tea://oolong")

    assert read.contents[0].text == "oolong is a tea"
