"""The command line: flags, exit codes, what is printed. No logic of the other rooms."""

from __future__ import annotations

import sys

__all__ = ["main"]


def main() -> None:
    """Run ``iii-asgi``; exits with its code.

    0: ended well; 1: the call or the check failed; 2: wrong usage; 3: the app could not
    start; 4: the engine refused for good.
    """
    # Not at the top: the child of `dev` imports this package as well.
    from iii_asgi.cli.quick import start_quickly

    start_quickly()
    from iii_asgi.cli.bash_words import mend_words

    mend_words()
    from iii_asgi.cli.commands import app
    from iii_asgi.cli.failures import fail
    from iii_asgi.errors import Error

    try:
        app()
    except Error as error:
        fail(error)
        sys.exit(error.exit_code)
