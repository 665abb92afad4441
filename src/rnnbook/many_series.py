"""Many related series: the jobs in 101 industries of the United States, month by month."""

from typing import Any

from rnnkit import datasets

__all__ = ["employment"]

SUMS = ("CEU05", "CEU06", "CEU08", "PAYNSA", "TEMPHELPN", "CEU6562000101")
"""What the file has beside single industries: totals of others, and one series twice."""


def employment() -> Any:
    """Return a table of pandas: a row for each month, a column for each industry, thousands.

    January 1990 to September 2019, not adjusted for the season. Industries that the file
    divides further are left out, so that no column is the sum of others; so are series that
    begin after 1990. The fourth and fifth letters of a column are its sector.
    """
    import pandas

    (path,) = datasets.files("employment")
    # A pickle can run code; the hash says that this is the one that was looked at.
    rows = pandas.read_pickle(path, compression="xz")
    table = rows.pivot(index="Month", columns="Series_ID", values="Employed")
    table.index = pandas.to_datetime(table.index, format="%Y %b")
    table = table.sort_index().loc["1990":].dropna(axis=1)
    code = {name: name[3:11].rstrip("0") for name in table}
    single = []
    for name in table:
        parts = [other for other in table if other != name and code[other].startswith(code[name])]
        if not parts and not name.startswith(SUMS):
            single.append(name)
    table = table[single]
    table.columns.name = None
    return table
