"""Great Expectations on DuckDB, as ratios to baselines measured in the same run.

    python -m tests.bench.gx_on_duckdb [--rows 10000000] [--pandas-rows 1000000] [--memory 1000000,50000000]

Prints: a suite of 20 rules against one hand-written SQL pass; against Great Expectations on pandas; the time of a
suite on 1,000 rows; check digits against a regular expression; peak memory over sizes, each in its own process.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

import duckdb

from quality.engine.check_digits import resident_id_18_sql, social_credit_code_sql

_LIMIT = "256MB"

MAKE = """
    SELECT i AS n, (i * 7919) % 1000003 AS k, 'name' || (i % 5000) AS name, ['a', 'b', 'c'][1 + i % 3] AS kind,
        CASE WHEN i % 10 = 0 THEN NULL ELSE (i % 1000) * 1.5::DOUBLE END AS amount,
        DATE '2000-01-01' + (i % 8000)::INTEGER AS day,
        (110101 + i % 1000) || '1990' || lpad((i % 97)::VARCHAR, 8, '0') AS id
    FROM range({rows}) t(i)
"""

BY_HAND = """
    SELECT count(*), count(*) FILTER (n IS NULL), count(*) FILTER (name IS NULL), count(*) FILTER (amount IS NULL),
        count(*) FILTER (NOT (n >= 0)), count(*) FILTER (NOT (amount BETWEEN 0 AND 1500)),
        count(*) FILTER (NOT (day BETWEEN DATE '1999-01-01' AND DATE '2030-01-01')),
        count(*) FILTER (kind NOT IN ('a', 'b', 'c')), count(*) FILTER (kind IN ('x', 'y')),
        count(*) FILTER (NOT regexp_matches(name, '^name[0-9]+$')), count(*) FILTER (regexp_matches(id, '[A-Z]')),
        count(*) FILTER (NOT (length(id) BETWEEN 15 AND 18)), count(*) FILTER (NOT (length(kind) = 1)),
        max(amount), min(day), avg(amount), sum(k), stddev_samp(amount), count(*) FILTER (n < k - 1000003),
        (SELECT coalesce(sum(c), 0) FROM (SELECT count(*) AS c FROM {t} GROUP BY n HAVING count(*) > 1)),
        (SELECT count(*) FROM (SELECT DISTINCT name FROM {t}))
    FROM {t}
"""


def suite():
    """Twenty rules: fifteen row rules, four aggregates, one count of distinct values."""
    import great_expectations.expectations as gxe

    return [
        *(gxe.ExpectColumnValuesToNotBeNull(column=c) for c in ("n", "name")),
        gxe.ExpectColumnValuesToNotBeNull(column="amount", mostly=0.8),
        gxe.ExpectColumnValuesToBeBetween(column="n", min_value=0),
        gxe.ExpectColumnValuesToBeBetween(column="amount", min_value=0, max_value=1500),
        gxe.ExpectColumnValuesToBeBetween(column="day", min_value="1999-01-01", max_value="2030-01-01"),
        gxe.ExpectColumnValuesToBeInSet(column="kind", value_set=["a", "b", "c"]),
        gxe.ExpectColumnValuesToNotBeInSet(column="kind", value_set=["x", "y"]),
        gxe.ExpectColumnValuesToMatchRegex(column="name", regex="^name[0-9]+$"),
        gxe.ExpectColumnValuesToNotMatchRegex(column="id", regex="[A-Z]"),
        gxe.ExpectColumnValueLengthsToBeBetween(column="id", min_value=15, max_value=18),
        gxe.ExpectColumnValueLengthsToEqual(column="kind", value=1),
        gxe.ExpectColumnMaxToBeBetween(column="amount", max_value=1500),
        gxe.ExpectColumnMeanToBeBetween(column="amount", min_value=0),
        gxe.ExpectColumnSumToBeBetween(column="k", min_value=0),
        gxe.ExpectColumnStdevToBeBetween(column="amount", min_value=0),
        gxe.ExpectColumnUniqueValueCountToBeBetween(column="name", min_value=1),
        gxe.ExpectTableRowCountToBeBetween(min_value=1),
        gxe.ExpectColumnMinToBeBetween(column="n", min_value=0),
        gxe.ExpectColumnValuesToBeUnique(column="n"),
    ]


def exact_order():
    """Two more rules, which need the values in order."""
    import great_expectations.expectations as gxe

    shares = {"quantiles": [0.1, 0.9], "value_ranges": [[0, None], [0, None]]}
    return [
        gxe.ExpectColumnMedianToBeBetween(column="amount", min_value=0),
        gxe.ExpectColumnQuantileValuesToBeBetween(column="k", quantile_ranges=shares),
    ]


def seconds(work, times=3):
    """The best wall and processor seconds of several runs; the latter hold on a machine that others use too."""
    runs = []
    for _ in range(times):
        wall, processor = time.perf_counter(), time.process_time()
        work()
        runs.append((time.perf_counter() - wall, time.process_time() - processor))
    return min(run[0] for run in runs), min(run[1] for run in runs)


def table(rows):
    connection = duckdb.connect()
    connection.execute(f"CREATE TABLE t AS {MAKE.format(rows=rows)}")
    return connection


def judge(connection, relation="t"):
    from quality.engine import run_suite

    result = run_suite(connection, relation, suite())
    assert result.success, [r for r in result.results if not r.success]
    assert result.statistics["evaluated_expectations"] == 20
    return result


def against_sql(rows):
    connection = table(rows)
    hand = seconds(lambda: connection.execute(BY_HAND.format(t="t")).fetchall())
    ours = seconds(lambda: judge(connection))
    line(f"20 rules, {rows:,} rows: DuckDB engine / hand-written SQL", ours, hand, "<= 1.5")


def against_pandas(rows):
    import great_expectations as gx

    connection = table(rows)
    frame = connection.sql("SELECT * FROM t").df()
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    asset = context.data_sources.add_pandas("p").add_dataframe_asset("t")
    batch = asset.add_batch_definition_whole_dataframe("b").get_batch({"dataframe": frame})
    rules = [rule for rule in suite() if getattr(rule, "column", "") != "day"]
    theirs = seconds(lambda: batch.validate(gx.ExpectationSuite("s", rules)), times=1)
    ours = seconds(lambda: judge(connection))
    line(f"20 rules, {rows:,} rows: GX on pandas (19 rules) / DuckDB engine", theirs, ours, ">= 20")


def small():
    connection = table(1000)
    judge(connection)
    walls = [seconds(lambda: judge(connection), times=1)[0] for _ in range(20)]
    print(f"{'20 rules, 1,000 rows: median ms':70} {1000 * statistics.median(walls):8.0f}        (<= 100)")


def check_digits(rows):
    connection = duckdb.connect()
    weights = " + ".join(f"b[{n + 1}]::INTEGER * {pow(2, 17 - n, 11)}" for n in range(17))
    body = "(990101 + i % 8) || '19' || (50 + i % 50) || lpad((1 + i % 12)::VARCHAR, 2, '0')"
    body += " || lpad((1 + i % 28)::VARCHAR, 2, '0') || lpad((hash(i) % 1000)::VARCHAR, 3, '0')"
    connection.execute(f"""CREATE TABLE ids AS SELECT b || substr('10X98765432', 1 + ({weights}) % 11, 1) AS id
        FROM (SELECT {body} AS b FROM range({rows}) t(i))""")

    def count(condition):
        return lambda: connection.execute(f"SELECT count(*) FROM ids WHERE {condition}").fetchall()

    regex = seconds(count("regexp_full_match(id, '[0-9]{17}[0-9X]')"))
    assert count(resident_id_18_sql("id"))()[0][0] == rows
    line(f"resident id, {rows:,} ids / a regex on the column", seconds(count(resident_id_18_sql("id"))), regex, "<= 3")
    credit = seconds(count(social_credit_code_sql("id")))
    line(f"social credit code, {rows:,} codes / a regex on the column", credit, regex, "")


def memory(rows):
    """Peak resident memory of judging a Parquet file, in a process of its own that may spill."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "t.parquet"
        duckdb.connect().execute(f"COPY ({MAKE.format(rows=rows)}) TO '{path}'")
        run = subprocess.run(
            [sys.executable, "-m", "tests.bench.gx_on_duckdb", "--peak-of", str(path)],
            capture_output=True,
            text=True,
            check=True,
        )
    idle, peak, wall = map(float, run.stdout.split()[-3:])
    what = f"peak memory, {rows:,} rows of Parquet, limit {_LIMIT}: MiB"
    print(f"{what:70} {peak:8.0f}  ({idle:.0f} before the first row; {wall:.1f} s)", flush=True)


def peak_of(path):
    from quality.engine import Relation, run_suite

    def resident():
        # Not getrusage: that counts what the parent held when it started this process.
        (peak,) = (part for part in Path("/proc/self/status").read_text().splitlines() if part.startswith("VmHWM"))
        return int(peak.split()[1]) / 1024

    connection = duckdb.connect()
    connection.execute(f"SET memory_limit = '{_LIMIT}'; SET temp_directory = '{Path(path).parent}'")
    rules = [*suite(), *exact_order()]
    idle, started = resident(), time.perf_counter()
    assert run_suite(connection, Relation.parquet(connection, path), rules).success
    print(idle, resident(), time.perf_counter() - started)


def line(what, mine, base, target):
    ratios = f"ratio {mine[0] / base[0]:6.2f} (processor {mine[1] / base[1]:6.2f})"
    print(f"{what:70} {mine[0]:7.2f} s {base[0]:7.2f} s  {ratios}  {target}", flush=True)


def main():
    warnings.simplefilter("ignore")
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--pandas-rows", type=int, default=1_000_000)
    parser.add_argument("--memory", default="1000000,50000000")
    parser.add_argument("--peak-of")
    given = parser.parse_args()
    if given.peak_of:
        peak_of(given.peak_of)
        return
    check_digits(given.rows)
    small()
    against_sql(given.rows)
    against_pandas(given.pandas_rows)
    for rows in given.memory.split(","):
        memory(int(rows))


if __name__ == "__main__":
    main()
