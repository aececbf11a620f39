"""An MCP server over streamable HTTP, with tools that answer at once and in steps."""

from __future__ import annotations

from mcp.server.mcpserver import Context, MCPServer

server = MCPServer("teas")


@server.tool()
def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


@server.tool()
async def count(to: int, context: Context) -> str:
    """Count, and tell of each step."""
    for number in range(to):
        await context.report_progress(number + 1, to)
    return f"counted to {to}"


@server.resource("tea://{name}")
def tea(name: str) -> str:
    """Tell of a tea."""
    return f"{name} is a tea"


app = server.streamable_http_app()
