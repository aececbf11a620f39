"""``python -m benchmarks [--quick] [--list] [NAME …]``: measure, print one table."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence

from benchmarks import bodies, direct_calls, footprint, in_process, worker
from benchmarks.rows import Effort, Result, Row, Suite, print_table

SUITES: tuple[Suite, ...] = (
    in_process.SUITE,
    direct_calls.SUITE,
    worker.SUITE,
    bodies.SUITE,
    bodies.MEMORY_SUITE,
    footprint.SUITE,
)
FULL, QUICK = Effort(rounds=7, seconds=0.6), Effort(rounds=3, seconds=0.3)


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="only rows that contain this")
    parser.add_argument("--quick", action="store_true", help="fewer and shorter rounds")
    parser.add_argument("--list", action="store_true", help="print the rows and their targets")
    arguments = parser.parse_args()
    chosen = [(suite, _chosen(suite.rows, arguments.names)) for suite in SUITES]
    if not any(rows for _, rows in chosen):
        parser.error("no row has such a name; --list shows them")
    if arguments.list:
        for row in (row for _, rows in chosen for row in rows):
            print(f"{row.name:<62}  {row.target or ''}".rstrip())
        return
    print_table(_measure(chosen, QUICK if arguments.quick else FULL))


def _chosen(rows: Sequence[Row], names: Sequence[str]) -> list[Row]:
    return [row for row in rows if not names or any(name in row.name for name in names)]


def _measure(chosen: Sequence[tuple[Suite, Sequence[Row]]], effort: Effort) -> Iterator[Result]:
    for suite, rows in chosen:
        if rows:
            yield from suite.measure(rows, effort)


if __name__ == "__main__":
    main()
