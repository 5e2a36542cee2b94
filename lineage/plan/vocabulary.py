"""Names of functions that change what a rule does: those that keep a value, and those that mind the order of rows.

Lives here: names, as DuckDB 1.5 spells them in a plan. Must not live here: rules (`expressions.py`, `operators.py`).
Which functions there are at all, and whether they are pure, is asked of the engine (`sandbox.py`)."""

from __future__ import annotations

# Of many values they give one, unchanged: the first argument's.
KEEPING_AGGREGATES = frozenset(
    """min max first last any_value arbitrary arg_min arg_max min_by max_by argmin argmax mode arg_min_null
    arg_max_null arg_min_nulls_last arg_max_nulls_last""".split()  # noqa: SIM905
)
KEEPING_WINDOWS = frozenset(
    "WINDOW_FIRST_VALUE WINDOW_LAST_VALUE WINDOW_NTH_VALUE WINDOW_LAG WINDOW_LEAD WINDOW_FILL".split()  # noqa: SIM905
)

# Their result is the same in whatever order rows come; every other aggregate is taken to mind it.
UNORDERED = frozenset(
    """count count_star sum sum_no_overflow avg min max bool_and bool_or bit_and bit_or bit_xor bitstring_agg count_if
    countif product stddev stddev_pop stddev_samp variance var_pop var_samp sem skewness kurtosis kurtosis_pop corr
    covar_pop covar_samp regr_avgx regr_avgy regr_count regr_intercept regr_r2 regr_slope regr_sxx regr_sxy regr_syy
    entropy median quantile quantile_cont quantile_disc mad approx_count_distinct histogram histogram_exact fsum
    kahan_sum sumkahan favg""".split()  # noqa: SIM905
)
UNORDERED_WINDOWS = frozenset(
    "WINDOW_RANK WINDOW_RANK_DENSE WINDOW_PERCENT_RANK WINDOW_CUME_DIST".split()  # noqa: SIM905
)
WINDOWS = KEEPING_WINDOWS | UNORDERED_WINDOWS | {"WINDOW_ROW_NUMBER", "WINDOW_NTILE", "WINDOW_AGGREGATE"}

# Not pure by the engine's own account, and yet of no data: the time, and chance.
HARMLESS = frozenset(
    """now today current_date get_current_time get_current_timestamp transaction_timestamp random uuid uuidv4 uuidv7
    gen_random_uuid current_database current_schema error""".split()  # noqa: SIM905
)

# Read while the statement is planned, so that the plan holds a constant of them: what they read is not in the plan.
FOLDED = ("getvariable", "current_setting", "getenv", "current_query", "nextval", "currval")

# Table functions that read nothing but what they are given.
TABLE_FUNCTIONS = frozenset("range generate_series repeat json_each json_tree unnest".split())  # noqa: SIM905
