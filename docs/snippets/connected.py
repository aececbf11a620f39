"""An app on iii for as long as a block lasts: python connected.py"""

import asyncio

from wrapped import app

from iii_asgi import Bridge, Settings


async def main() -> None:
    settings = Settings.resolve(http="off")
    async with Bridge(app, settings=settings).connect() as bridge:
        print(await bridge.trigger("products::read", {"product_id": 1}))


asyncio.run(main())
