"""What the documentation shows is so: its commands, their output, its tables, its links."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from typer.main import get_command

from iii_asgi import errors, settings
from iii_asgi.cli.commands import app as command_line
from iii_asgi.testing import differences, plugin
from tests.cli.helpers import Program, environment
from tests.docs_pages import DOCS, PAGES, ROOT, Block, Command, anchors, blocks, links, prose

SNIPPETS = DOCS / "snippets"
SHOP = ROOT / "examples" / "fastapi_app"
TEXTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", SHOP / "README.md", *PAGES]
WITH_CONSOLE = [page for page in PAGES if any(one.language == "console" for one in blocks(page))]
COMMANDS: dict[str, Any] = get_command(command_line).commands  # type: ignore[attr-defined]

# Where the commands of a page are typed; else it is the folder of the snippets.
FOLDERS = {"tutorial.md": SHOP, "how-to/direct-calls.md": ROOT}
# What is shown for others to run: it installs things, or needs an engine that is not ours.
NOT_RUN = re.compile(r"(pip|cd|git clone|iii|\./scripts/\w+)( |$)").match
# Commands that go on until they are stopped, and what they say when they are ready.
SERVERS = {
    r"iii-asgi (dev|serve|engine)\b": r"Ready in",
    r"python wrapped.py": r"Connected to",
    r"uvicorn ": r"running on (http://\S+)",
}
PLUGIN = Path(plugin.__file__).read_text()
PROGRAM = re.compile(r"python \w+\.py").match  # brings the app itself
ENGINE, HTTP, UVICORN = "ws://127.0.0.1:49134", "http://127.0.0.1:3111", "http://127.0.0.1:8000"


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


# -- what runs -----------------------------------------------------------------------------


class Terminal:
    """Runs the commands of one page, on ports that are free.

    Attributes:
        ports: what a reader types → what is used here.
    """

    def __init__(self, folder: Path, stack: contextlib.ExitStack) -> None:
        self._folder = folder
        self._stack = stack
        self._servers: list[tuple[int, Program]] = []
        self._variables = {"COLUMNS": "100", "NO_COLOR": "1", "PYTHONDONTWRITEBYTECODE": "1"}
        self.ports: dict[str, str] = {}

    def start_engine(self) -> None:
        self._learn(self._start("iii-asgi engine --port 0 --http-port 0", r"Ready in"))

    def stop(self) -> None:
        for _, program in self._servers:
            program.stop()
        self._servers.clear()

    def run(self, command: Command, section: int) -> None:
        """Run a command and compare its output.

        A server goes on until one of another section takes its place.
        """
        starts = PROGRAM(command.line) or any(re.match(one, command.line) for one in SERVERS)
        if starts and any(one != section for one, _ in self._servers):
            self.stop()
        for pattern, ready in SERVERS.items():
            if re.match(pattern, command.line):
                self._serve(command, section, ready)
                return
        self._check(command)

    def _serve(self, command: Command, section: int, ready: str) -> None:
        line = command.line
        if line.startswith("iii-asgi dev"):
            line += " --port 0 --http-port 0"
        if line.startswith("uvicorn"):
            line += " --port 0"
        elif line.startswith("iii-asgi"):
            line += " --use-colors"
        program = self._start(line, ready)
        self._servers.append((section, program))
        if "dev" in line or "uvicorn" in line:
            self._learn(program)
        if command.output:
            assert_alike(self._shown(program.text), command.output)

    def expect(self, line: str) -> None:
        """Wait until a line of a log is there; the width of its columns does not count."""
        pattern = re.sub(r"(\\ )+", r"\\s+", _any_time(re.escape(line)))
        deadline = time.monotonic() + 5
        while not any(re.search(pattern, plain(one.text)) for _, one in self._servers):
            assert time.monotonic() < deadline, line
            time.sleep(0.05)

    def _start(self, line: str, ready: str) -> Program:
        process = subprocess.Popen(
            ["/bin/sh", "-c", f"exec {line}"],
            cwd=self._folder,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._stack.enter_context(process)
        self._stack.callback(process.terminate)
        program = Program(process)
        program.wait_for(ready)
        return program

    def _learn(self, program: Program) -> None:
        text = plain(program.text)
        if url := re.search(r"ws://\S+", text):
            self.ports[ENGINE] = self._variables["III_URL"] = url[0]
        if url := re.search(r"http://\S+", text):
            self.ports[UVICORN if "Uvicorn" in text else HTTP] = url[0]

    def _environment(self) -> dict[str, str]:
        path = f"{Path(sys.executable).parent}:{environment()['PATH']}"
        return environment(**self._variables, PATH=path)

    def _check(self, command: Command) -> None:
        line = command.line.replace("curl ", "curl -s ")
        if "pytest" in line:
            line += " -p no:cacheprovider"
        for typed, used in self.ports.items():
            line = line.replace(typed, used)
        # A worker that has just started may not have registered yet.
        for patience in (0.5, 1.0, 2.0, 0.0):
            done = subprocess.run(
                line,
                shell=True,
                cwd=self._folder,
                env=self._environment(),
                capture_output=True,
                text=True,
                timeout=30,
                check=False,
            )
            lines = self._shown(done.stdout + done.stderr)
            if "function_not_found" not in done.stderr and done.returncode != 7:
                break
            time.sleep(patience)
        assert_alike(lines, command.output)

    def _shown(self, text: str) -> list[str]:
        """Return output as a reader gets it."""
        text = plain(text)
        for typed, used in self.ports.items():
            text = text.replace(used, typed)
        text = text.replace(f" --url={ENGINE}", "").replace("\r", "")
        text = re.sub(r".*  still starting.*\n+", "", text)  # a busy machine says it
        return text.strip("\n").splitlines()


def plain(text: str) -> str:
    """Return text without the colours."""
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def assert_alike(actual: list[str], shown: list[str]) -> None:
    """Compare output; ``…`` is anything, times are any time, and JSON is its value."""
    while shown and not shown[-1]:
        shown = shown[:-1]
    with contextlib.suppress(ValueError):
        actual, shown = (_indented("\n".join(one)) for one in (actual, shown))
    pattern = "\n".join(_any_time(re.escape(line.rstrip())) for line in shown)
    text = "\n".join(line.rstrip() for line in actual)
    assert re.fullmatch(pattern, text), f"really it says:\n{text}\n\nand the page:\n" + "\n".join(
        shown
    )


def _indented(text: str) -> list[str]:
    """Return JSON as a terminal gets it."""
    return json.dumps(json.loads(text), indent=2, ensure_ascii=False).splitlines()


def _any_time(line: str) -> str:
    line = re.sub(r"\d+\\\.\d+((\\ )?m?s)", r"\\d+\\.\\d+\1", line)
    line = re.sub(r"iii\\-asgi\\ [\d\\.]+", r"iii\\-asgi\\ [\\d.]+", line)
    line = re.sub(r"\d\d:\d\d:\d\d", r"\\d\\d:\\d\\d:\\d\\d", line)
    return line.replace("…", ".*")


@pytest.fixture
def terminal(request: pytest.FixtureRequest) -> Iterator[Terminal]:
    page: Path = request.getfixturevalue("page")
    folder = FOLDERS.get(str(page.relative_to(DOCS)), SNIPPETS)
    with contextlib.ExitStack() as stack:
        terminal = Terminal(folder, stack)
        terminal.start_engine()
        yield terminal
        terminal.stop()


@pytest.mark.parametrize("page", WITH_CONSOLE, ids=name_of)
def test_console_blocks(page: Path, terminal: Terminal) -> None:
    """Each command of a page, typed in order, gives the output that stands below it."""
    for block in blocks(page):
        if block.language != "console":
            continue
        if not block.commands:
            for line in block.text.splitlines():
                terminal.expect(line)
        for command in block.commands:
            if NOT_RUN(command.line):
                assert not command.output, "its output cannot be checked"
                continue
            if command.line.startswith("curl") and not shutil.which("curl"):
                pytest.skip("curl is not installed")
            terminal.run(command, block.section)


def test_snippets_are_shown_and_nothing_else() -> None:
    """Python on a page is a file that a command of some page runs; every such file is shown."""
    included: set[str] = set()
    typed = "\n".join(
        command.line for page in PAGES for block in blocks(page) for command in block.commands
    )
    for page in PAGES:
        for block in blocks(page):
            if block.language == "python":
                match = re.fullmatch(r'--8<-- "([\w/]+\.py)"\n', block.text)
                assert match, f"{name_of(page)}: {block.text}"
                included.add(match[1])
    assert included == {one.name for one in SNIPPETS.glob("*.py")}
    for name in included:
        assert Path(name).stem in typed, name


def test_readme_shows_the_example() -> None:
    """The Python of the README is that of the example."""
    (block,) = (one for one in blocks(ROOT / "README.md") if one.language == "python")
    assert squeezed(block.text) in squeezed((SHOP / "wrapped.py").read_text())


def squeezed(text: str) -> str:
    return "\n".join(line for line in text.splitlines() if line)


# -- what is named -------------------------------------------------------------------------


def shown_commands(page: Path) -> Iterator[list[str]]:
    """Yield the words of each ``iii-asgi`` command that a page shows, also within a line."""
    lines = [command.line for block in blocks(page) for command in block.commands]
    lines += re.findall(r"`([^`\n]+)`", prose(page))
    lines += [line.strip() for line in prose(page).splitlines() if line.startswith("    ")]
    for line in lines:
        if "iii-asgi " in line:
            yield line.partition("iii-asgi ")[2].split()


def flags_of(command: Any) -> set[str]:
    return {flag for one in command.params for flag in (*one.opts, *one.secondary_opts)}


@pytest.mark.parametrize("page", TEXTS, ids=name_of)
def test_commands_exist(page: Path) -> None:
    """A command that a page shows exists, and so does each of its flags."""
    for name, *words in shown_commands(page):
        if name == "COMMAND" or name.startswith("-"):
            continue
        flags = {one.partition("=")[0] for one in words if one.startswith("--")}
        assert flags <= flags_of(COMMANDS[name]) | {"--help"}, name


@pytest.mark.parametrize("page", [ROOT / "README.md", *PAGES], ids=name_of)
def test_flags_and_variables_exist(page: Path) -> None:
    """A flag or environment variable that is named anywhere is one of some command."""
    text = prose(page)
    known = {flag for command in COMMANDS.values() for flag in flags_of(command)}
    known |= set(re.findall(r'"(--iii[a-z-]*)"', PLUGIN))
    known |= {"--install-completion", "--show-completion"}  # of the program itself
    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", text)) <= known | {"--help"}
    helps = "".join(one.help or "" for command in COMMANDS.values() for one in command.params)
    helps += PLUGIN
    variables = set(re.findall(r"III_[A-Z_]+[A-Z]", helps)) | {"III_ISOLATION", "III_ASGI"}
    assert set(re.findall(r"III_[A-Z_]+[A-Z]", text)) <= variables


@pytest.mark.parametrize("page", TEXTS, ids=name_of)
def test_links_lead_somewhere(page: Path) -> None:
    """The target of a link exists, and so does the heading that it names."""
    for link in links(page):
        target, _, anchor = link.partition("#")
        path = (page.parent / target).resolve() if target else page
        assert path.exists(), link
        if anchor:
            assert anchor in anchors(path), link


def test_navigation() -> None:
    """Each page is in the navigation, and nothing else is."""
    listed = re.findall(r": ([\w/-]+\.md)$", (ROOT / "mkdocs.yml").read_text(), re.MULTILINE)
    assert sorted(listed) == sorted(str(page.relative_to(DOCS)) for page in PAGES)


# -- tables --------------------------------------------------------------------------------


def rows(page: Path, heading: str) -> list[list[str]]:
    """Return the cells of the table below a heading, without its head."""
    _, found, rest = page.read_text().partition(f"{heading}\n")
    assert found, heading
    lines = re.split(r"^#", rest, maxsplit=1, flags=re.MULTILINE)[0].splitlines()
    table = [line for line in lines if line.startswith("|")][2:]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in table]


def test_command_line() -> None:
    """The reference of the command line is what the commands say (scripts/docs writes it)."""
    file = DOCS / "command_line.py"
    spec = importlib.util.spec_from_file_location("command_line", file)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert (DOCS / "reference" / "command-line.md").read_text() == module.page()


def test_settings() -> None:
    """The table of settings has each field, with its variable and its default."""
    shown = rows(DOCS / "reference" / "settings.md", "# Settings")
    fields = settings.Settings.__dataclass_fields__
    assert [row[:3] for row in shown] == [
        [f"`{name}`", f"`{settings.variable_of(name)}`", shown_default(name, field.default)]
        for name, field in fields.items()
    ]
    for row in shown:
        choices = {
            "http": get_args(settings.HttpMode),
            "lifespan": get_args(settings.LifespanMode),
            "errors": get_args(settings.ErrorMode),
        }.get(row[0].strip("`"), ())
        assert all(f"`{choice}`" in row[3] for choice in choices), row


def shown_default(name: str, default: Any) -> str:
    if name == "name":
        return "host and pid"
    if default in (None, "", ()):
        return ""
    return f"`{str(default).lower()}`" if isinstance(default, bool) else f"`{default}`"


def test_differences() -> None:
    """Each line that a run through iii can report is explained, in the same order."""
    shown = rows(DOCS / "how-to" / "test.md", "## What the report says")
    assert [row[0] for row in shown] == [kind.title for kind in differences.KINDS.values()]


def test_error_codes() -> None:
    """The table of error codes is the one of the program."""
    shown = rows(DOCS / "reference" / "errors.md", "## By status")
    table = {int(status): code.strip("`") for status, code in (row[:2] for row in shown)}
    assert table == dict(errors._CODES)


def test_exit_codes() -> None:
    """The table of exit codes gives each error the code that the program ends with."""
    shown = rows(DOCS / "reference" / "errors.md", "## Exit codes")
    assert [row[0] for row in shown] == ["0", "1", "2", "3", "4"]
    for code, _, names in shown:
        for name in re.findall(r"`(\w+Error)`", names):
            kind = getattr(errors, name)
            assert kind.exit_code == int(code), name


def test_block_type() -> None:
    """Console blocks are read as they are meant: commands, lines that go on, comments."""
    block = Block("console", "$ a \\\n  --b 1  # why\nout\n$ c\n", 1)
    assert block.commands == [Command("a   --b 1", ["out"]), Command("c")]
