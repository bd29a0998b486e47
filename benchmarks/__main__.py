"""Run every measurement in this folder, in alphabetical order: ``python -m benchmarks``."""

from importlib import import_module
from pkgutil import iter_modules

import benchmarks


def main() -> None:
    """Call ``main()`` of each module here that has a public name."""
    for module in sorted(m.name for m in iter_modules(benchmarks.__path__)):
        if not module.startswith("_"):
            print(f"\n=== {module} ===\n")
            import_module(f"benchmarks.{module}").main()


if __name__ == "__main__":
    main()
