"""What a concentration index costs: a call of the package beside a plain group-by.

Two readings at two sizes, today's table and 200 partners by 100 years: the Herfindahl index
alone, in plain pandas (no check, no grouping, no refusal), and the package's whole family of
indices with its checks, without and with a bloc merged. Then growth: the time at rising numbers
of rows, and the exponent of a straight line through the logarithms (1 is linear growth).

    python -m benchmarks.indicators
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable

import numpy as np
import pandas as pd

from multivector import indicators, load

BLOC = 27


def table_of(partners: int, years: int) -> pd.DataFrame:
    """A made-up trade table of the given size, the same every time; figures are noise."""
    generator = np.random.default_rng(5)
    names = np.array([f"P{place:03d}" for place in range(partners)])
    return pd.DataFrame(
        {
            "year": pd.array(np.repeat(np.arange(1926, 1926 + years), partners), dtype="Int64"),
            "partner": pd.array(np.tile(names, years), dtype="str"),
            "exports_musd": generator.lognormal(4, 2, partners * years),
            "imports_musd": generator.lognormal(4, 2, partners * years),
        }
    )


def plain(trade: pd.DataFrame) -> pd.Series:
    """The Herfindahl index as one would write it with pandas alone."""
    total = trade.groupby("year")["exports_musd"].transform("sum")
    return ((trade["exports_musd"] / total) ** 2).groupby(trade["year"]).sum()


def plain_family(trade: pd.DataFrame) -> pd.DataFrame:
    """The whole family as one would write it with pandas alone: a function for each year."""

    def measure(values: pd.Series) -> pd.Series:
        share = values[values > 0] / values.sum()
        index, nats = (share**2).sum(), -(share * np.log(share)).sum()
        return pd.Series(
            {
                "herfindahl": index,
                "effective_number": 1 / index,
                "entropy": nats,
                "evenness": nats / np.log(len(share)),
                "largest_share": share.max(),
            }
        )

    return trade.groupby("year")["exports_musd"].apply(measure).unstack()


def seconds(call: Callable[[], object], budget: float = 0.4) -> float:
    """Median time of a call, repeated for about ``budget`` seconds and at least five times."""
    call()
    gc.collect()
    times: list[float] = []
    started = time.perf_counter()
    while len(times) < 5 or time.perf_counter() - started < budget:
        before = time.perf_counter()
        call()
        times.append(time.perf_counter() - before)
    return float(np.median(times))


def exponent(sizes: list[int], times: list[float]) -> float:
    """Slope of log time over log size."""
    return float(np.polyfit(np.log(sizes), np.log(times), 1)[0])


def main() -> None:
    """Print the tables."""
    today = load("trade")
    large = table_of(200, 100)
    np.testing.assert_allclose(plain(today), indicators.concentration(today)["herfindahl"])
    np.testing.assert_allclose(plain(large), indicators.concentration(large)["herfindahl"])
    np.testing.assert_allclose(
        plain_family(large), indicators.concentration(large)[plain_family(large).columns]
    )

    print("Concentration of exports by year, milliseconds a call (median)\n")
    print(f"{'':34}{'today':>12}{'200 x 100':>12}")
    print(f"{'rows':34}{len(today):>12}{len(large):>12}")
    blocs = {
        id(table): {"BLOC": sorted(table["partner"].unique())[:BLOC]} for table in (today, large)
    }
    calls: dict[str, Callable[[pd.DataFrame], object]] = {
        "plain group-by, Herfindahl only": plain,
        "plain group-by, whole family": plain_family,
        "concentration(), whole family": indicators.concentration,
        f"concentration(), {BLOC} merged": lambda table: indicators.concentration(
            table, merge=blocs[id(table)]
        ),
    }
    for name, call in calls.items():
        cells = [seconds(lambda c=call, t=table: c(t)) * 1e3 for table in (today, large)]
        print(f"{name:34}{cells[0]:>12.2f}{cells[1]:>12.2f}")

    print("\nGrowth with the table (200 partners), milliseconds a call\n")
    years = [25, 50, 100, 200, 400]
    tables = [table_of(200, count) for count in years]
    sizes = [len(table) for table in tables]
    print(f"{'rows':34}" + "".join(f"{size:>9}" for size in sizes) + f"{'exponent':>10}")
    for name, call in list(calls.items())[:3]:
        times = [seconds(lambda c=call, t=table: c(t)) for table in tables]
        print(
            f"{name:34}"
            + "".join(f"{value * 1e3:>9.2f}" for value in times)
            + f"{exponent(sizes, times):>10.2f}"
        )
    print("\nAn exponent of 1 is growth in proportion to the rows; fixed costs pull it below.")


if __name__ == "__main__":
    main()
