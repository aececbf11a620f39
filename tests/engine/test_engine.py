"""The engine as a whole: ports, start and stop."""

from __future__ import annotations

import asyncio
import socket

import httpx
import pytest

from iii_asgi.engine import Engine
from iii_asgi.errors import PortInUseError, SettingsError
from tests.engine.helpers import RawWorker, fetch, soon

pytestmark = pytest.mark.anyio


async def test_it_listens_where_its_urls_say(engine: Engine) -> None:
    """Port 0 takes free ports, which the URLs name."""
    async with RawWorker(engine), httpx.AsyncClient() as client:
        answer = await client.get(engine.http_url)

    assert engine.url == f"ws://127.0.0.1:{engine.port}"
    assert engine.port > 0
    assert answer.status_code == 404


async def test_an_ipv6_address_stands_in_brackets() -> None:
    """The engine can listen on ``::1``."""
    if not socket.has_ipv6:
        pytest.skip("this machine has no IPv6")
    async with Engine("::1", 0, 0) as engine, RawWorker(engine), httpx.AsyncClient() as client:
        assert engine.http_url.startswith("http://[::1]:")
        assert (await client.get(engine.http_url)).status_code == 404


@pytest.mark.parametrize("flag", ["--port", "--http-port"])
async def test_a_taken_port_is_told_with_its_flag(engine: Engine, flag: str) -> None:
    """The error names the port and the flag, and the other port is free again."""
    ports = {"--port": (engine.port, 0), "--http-port": (0, engine.http_port)}[flag]
    taken = max(ports)
    second = Engine("127.0.0.1", *ports)

    with pytest.raises(PortInUseError, match=f"port {taken} is in use.*{flag}") as caught:
        await second.start()
    assert (caught.value.port, caught.value.flag) == (taken, flag)


@pytest.mark.parametrize(
    ("host", "port", "flag"),
    [
        ("127.0.0.1", 65_536, "--port"),
        ("192.0.2.1", 0, "--host"),
        ("no.such.host.invalid", 0, "--host"),
    ],
)
async def test_an_address_that_cannot_be_used_is_told(host: str, port: int, flag: str) -> None:
    """No port, no address of this machine, no name of any: the error names the flag."""
    with pytest.raises(SettingsError, match="cannot listen on") as caught:
        await Engine(host, port, 0).start()
    assert caught.value.setting == flag


async def test_a_stop_answers_what_is_in_flight(engine: Engine, worker: RawWorker) -> None:
    """A request that waits is a 500, and workers see the connection end."""
    await worker.offer("f")
    await worker.bind("/f")
    request = asyncio.create_task(fetch(engine, "/f"))
    await soon(lambda: bool(worker.calls))
    await engine.stop()

    answer = await request
    assert answer.status == 500
    assert answer.json["error"]["code"] == "invocation_stopped"
    await worker.closed.wait()


async def test_the_ports_are_free_after_a_stop(engine: Engine) -> None:
    """Another engine can take them at once."""
    async with RawWorker(engine):
        await engine.stop()
        second = Engine(engine.host, engine.port, engine.http_port)
        async with second, RawWorker(second) as worker:
            await worker.settle()


async def test_small_answers_are_not_delayed(engine: Engine, worker: RawWorker) -> None:
    """Both ports send at once: no waiting for the other side's acknowledgement."""
    await worker.offer_result("f", {"body": "x"})
    await worker.bind("/f")
    async with httpx.AsyncClient(base_url=engine.http_url) as client:
        await client.get("/f")
        began = asyncio.get_running_loop().time()
        for _ in range(20):
            await client.get("/f")

    # Nagle's delay is 40 ms a request.
    assert asyncio.get_running_loop().time() - began < 20 * 0.03
