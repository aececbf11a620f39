"""``python -m iii_asgi`` is ``iii-asgi``."""

from iii_asgi.cli import main

if __name__ == "__main__":
    main()
