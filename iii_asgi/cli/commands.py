"""The commands, as typer sees them. What they do is imported when they run."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from iii_asgi.cli.completion import complete_function
from iii_asgi.cli.describe_flag import AS_JSON, CallCommand
from iii_asgi.cli.flags import (
    CatalogueFlags,
    EngineFlags,
    Namespace,
    PortFlags,
    ServeFlags,
    TargetFlags,
)
from iii_asgi.cli.logs import LogPlan, has_terminal
from iii_asgi.cli.options import given, grouped, option
from iii_asgi.cli.process_flags import LogFlags, LoopFlags, ReloadFlags
from iii_asgi.cli.screen import Screen
from iii_asgi.cli.target import Target
from iii_asgi.settings import Settings
from iii_asgi.version import __version__

if TYPE_CHECKING:
    from iii_asgi.cli.engine import Ports
    from iii_asgi.cli.watching import Watching

__all__ = ["app"]

app = typer.Typer(
    name="iii-asgi",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    epilog=(
        "Exit codes: 0 ended well, 1 the call or check failed, 2 wrong usage, "
        "3 the app could not start, 4 the engine refused for good."
    ),
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"iii-asgi {__version__}")
        raise typer.Exit


def _above_zero(seconds: float) -> float:
    if not seconds > 0:  # so nan, too, is refused
        raise typer.BadParameter("must be more than 0")
    return seconds


@app.callback()
def main(
    version: Annotated[
        bool,
        typer.Option("--version", help="Show the version.", callback=_show_version, is_eager=True),
    ] = False,
) -> None:
    """Put an existing ASGI app on the iii engine: every route a function."""


@app.command()
@grouped
def serve(
    target: TargetFlags,
    engine: EngineFlags,
    catalogue: CatalogueFlags,
    how: ServeFlags,
    running: LoopFlags,
    logs: LogFlags,
) -> None:
    """Serve an app on an engine that runs somewhere, until Ctrl+C or SIGTERM."""
    screen = Screen(_plan(logs))
    settings = Settings.resolve(**given(engine), **given(catalogue), **given(how))
    from iii_asgi.cli.serve import run

    run(_target(target, "serve"), settings, screen, running.loop.value)


@app.command()
@grouped
def dev(
    target: TargetFlags,
    ports: PortFlags,
    catalogue: CatalogueFlags,
    how: ServeFlags,
    reload: ReloadFlags,
    running: LoopFlags,
    logs: LogFlags,
) -> None:
    """Serve an app on an engine of its own, and load it anew when a file changes.

    The engine is in memory: for development and tests, not for production.
    """
    log_plan = _plan(logs)
    screen = Screen(log_plan)
    from iii_asgi.cli.child import Plan
    from iii_asgi.cli.dev import run

    settings = {**given(catalogue), **given(how)}
    plan = Plan(_target(target, "dev"), settings, log_plan, running.loop.value)
    raise typer.Exit(run(plan, _ports(ports), _watching(target, reload), screen))


@app.command()
@grouped
def engine(ports: PortFlags, running: LoopFlags, logs: LogFlags) -> None:
    """Run the engine of dev alone, for any iii worker in any language.

    It is in memory: for development and tests, not for production.
    """
    screen = Screen(_plan(logs))
    from iii_asgi.cli.engine import run

    run(_ports(ports), screen, running.loop.value)


@app.command()
@grouped
def routes(
    target: TargetFlags,
    catalogue: CatalogueFlags,
    json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
    write: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            dir_okay=False,
            show_default=False,
            help="Write what callers rely on to FILE, for --check.",
        ),
    ] = None,
    check: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            dir_okay=False,
            show_default=False,
            help="Compare with FILE; exit with 1 where a change breaks callers.",
        ),
    ] = None,
) -> None:
    """Show what an app offers on iii. No engine is needed; the app's lifespan runs."""
    if sum((json, write is not None, check is not None)) > 1:
        raise typer.BadParameter("give one of --json, --write and --check")
    settings = Settings.resolve(**given(catalogue))
    from iii_asgi.cli import contracts, routes

    if check is not None:
        raise typer.Exit(contracts.check(_target(target, "routes"), settings, check))
    if write is not None:
        contracts.write(_target(target, "routes"), settings, write)
    else:
        routes.run(_target(target, "routes"), settings, as_json=json)


@app.command(cls=CallCommand)
@grouped
def call(
    address: EngineFlags,
    namespace: Namespace = None,
    function: Annotated[
        str | None,
        typer.Argument(
            metavar="FUNCTION",
            help="Its id: service::action.",
            show_default=False,
            autocompletion=complete_function,
        ),
    ] = None,
    arguments: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="KEY=VALUE",
            help=(
                "Arguments; a value that is JSON is taken as such, all else as text. "
                "With @PATH it is in a file (- for stdin), @@ is an @."
            ),
            show_default=False,
        ),
    ] = None,
    json: Annotated[
        str | None,
        typer.Option(
            help=(
                "All arguments as JSON text; - reads it from stdin. "
                "With --describe, and no value: show the schemas."
            ),
            show_default=False,
        ),
    ] = None,
    describe: Annotated[
        bool, typer.Option("--describe", help="Show what FUNCTION takes and gives instead.")
    ] = False,
    timeout: Annotated[
        float,
        option(
            "timeout",
            "Seconds to wait for the answer.",
            panel="Options",
            default="30",
            callback=_above_zero,
        ),
    ] = 30.0,
    list: Annotated[bool, typer.Option("--list", help="List the functions instead.")] = False,
) -> None:
    """Call a function on the engine, and print its result as JSON.

    iii-asgi call orders::create product=tea count=2
    """
    if describe and (arguments or json not in (None, AS_JSON) or function is None):
        raise typer.BadParameter("--describe goes with a FUNCTION, and without arguments")
    if (function is None) is not list:
        raise typer.BadParameter("give a FUNCTION to call, or --list to see which there are")
    settings = Settings.resolve(**given(address), namespace=namespace, name="iii-asgi call")
    from iii_asgi.cli import call as calling

    if function is None:
        calling.show_functions(settings)
    elif describe:
        from iii_asgi.cli import describing

        describing.run(settings, function, as_json=json is not None)
    else:
        payload = calling.arguments_of(arguments or [], json)
        calling.run(settings, function, payload, timeout)


# -- from flags to what the commands take ------------------------------------------------


def _target(flags: TargetFlags, command: str) -> Target:
    return Target(flags.app, flags.factory, flags.app_dir, flags.interface.value, command)


def _plan(flags: LogFlags) -> LogPlan:
    styled = flags.log_config is None and has_terminal(flags.use_colors, sys.stderr)
    return LogPlan(flags.log_level.value, flags.log_config, styled)


def _ports(flags: PortFlags) -> Ports:
    from iii_asgi.cli.engine import Ports

    return Ports(flags.host, flags.port, flags.http_port, flags.http_front.value)


def _watching(target: TargetFlags, flags: ReloadFlags) -> Watching | None:
    if not flags.reload:
        return None
    from iii_asgi.cli.watching import Watching

    return Watching(
        tuple(flags.reload_dir or [target.app_dir]),
        tuple(flags.reload_include or ()),
        tuple(flags.reload_exclude or ()),
    )
