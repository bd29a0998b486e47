"""Run the measurements in this folder: ``python -m benchmarks [name ...]``, all if none is named.

With MULTIVECTOR_RECORD=1 what they print also goes into TIMES.md, with what one must know to
believe it; ``pages`` keeps a record of its own.
"""

import io
import os
import sys
from contextlib import redirect_stdout
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import benchmarks

INTRODUCTION = """# What it takes

Written by `python -m benchmarks {names}`, not by hand, on the package as of commit {commit},
on {cores} cores and Python {python}, nothing else running.
"""


class Tee(io.StringIO):
    """Keep what is printed, and print it."""

    def write(self, text: str) -> int:
        """Write ``text`` to both."""
        sys.__stdout__.write(text)
        sys.__stdout__.flush()
        return super().write(text)


def record(said: dict[str, str]) -> None:
    """Write what each benchmark said, by its name, into ``TIMES.md``."""
    words = INTRODUCTION.format(names=" ".join(said), commit=benchmarks.commit(),
                                cores=os.cpu_count(), python=sys.version.split()[0])  # fmt: skip
    parts = [f"\n## {name}\n\n```text\n{text.strip()}\n```\n" for name, text in said.items()]
    Path(__file__).with_name("TIMES.md").write_text(words + "".join(parts), encoding="utf-8")


def main(names: list[str]) -> None:
    """Call ``main()`` of each module named, or of all."""
    found = sorted(m.name for m in iter_modules(benchmarks.__path__) if not m.name.startswith("_"))
    said = {}
    for name in names or found:
        print(f"\n=== {name} ===\n")
        with redirect_stdout(Tee()) as heard:
            import_module(f"benchmarks.{name}").main()
        if name != "pages":
            said[name] = heard.getvalue()
    if said and os.environ.get("MULTIVECTOR_RECORD") == "1":
        record(said)


if __name__ == "__main__":
    main(sys.argv[1:])
