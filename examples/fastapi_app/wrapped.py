"""The shop on the iii engine: ``python wrapped.py``."""

from iii_asgi import Bridge

from main import app

bridge = Bridge(app)

if __name__ == "__main__":
    bridge.run()
