"""The words that a model's and a project macro's Jinja may use, and the settings that a model may have. Data alone."""

from __future__ import annotations

from contracts.matching import REGISTRY


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


TRUSTED_PACKAGES = frozenset({"dbt", "dbt_duckdb"})
PLATFORM_PACKAGE = "zhongtai"
# Macros of the platform's that read where the model lies, which is the same whenever it is compiled.
PLACED = frozenset({"agreement_of_model"})

# Functions that may be called by their bare name. Each gives the same whenever and wherever the text is compiled, or
# (`is_incremental`, `this`) says no more than that the model's own table stands.
FUNCTIONS = _words("""
    ref source config this is_incremental range namespace dict caller return
""")
# dbt's own macros that only make text, under `dbt.` or without.
TEXT_MACROS = _words("""
    any_value bool_or cast concat date_trunc dateadd datediff escape_single_quotes except hash intersect last_day
    length listagg position replace right safe_cast split_part string_literal type_bigint type_boolean type_float
    type_int type_numeric type_string type_timestamp
""")
CONSTANTS = frozenset({"true", "false", "none", "True", "False", "None", "varargs", "kwargs"})
FILTERS = _words("""
    abs as_bool as_native as_number as_text batch capitalize count d default first float indent int items join last
    length list lower max min reject rejectattr replace reverse round select slice sort string sum title trim
    truncate unique upper wordcount
""")
TESTS = _words("""
    boolean defined divisibleby eq equalto even false float ge gt in integer iterable le lower lt mapping ne none
    number odd sequence string true undefined upper
""")
# Parts of a template by the names of their kinds.
STATEMENTS = _words("""
    Template Output TemplateData Assign AssignBlock For If ExprStmt Macro CallBlock FilterBlock With Scope
""")
EXPRESSIONS = _words("""
    Add And Call Compare Concat CondExpr Const Dict Div Filter FloorDiv Getattr Getitem Keyword List Mod Mul Name
    Neg Not NSRef Operand Or Pair Pos Pow Slice Sub Test Tuple
""")

MATERIALIZED = frozenset({"table", "view", "ephemeral", "incremental"})
# Settings of a model by name, each with the values that it may have; `None` stands for any.
SETTINGS: dict[str, frozenset[str] | None] = {
    **dict.fromkeys(
        _words("""
            access alias concurrent_batches contract docs enabled fast full_refresh group materialized meta
            packages quoting schema tags unique_key column_types delimiter quote_columns freshness
        """)
    ),
    "database": frozenset({"lake"}),
    "incremental_strategy": frozenset({"append", "delete+insert", "default"}),
    "on_schema_change": frozenset({"ignore", "fail"}),
    "on_configuration_change": frozenset({"apply"}),
}
# Where the platform itself writes: no model has its table there.
PLATFORM_SCHEMAS = frozenset(
    {"meta", "store", "raw", "quarantine", REGISTRY, "main", "information_schema", "pg_catalog"}
)
# What a model may read by `source`.
SOURCE_SCHEMAS = frozenset({"raw", REGISTRY})
KINDS = frozenset({"model", "seed", "test", "unit_test", "analysis"})
CONSTRAINTS = frozenset({"not_null"})
# Macros of a project that dbt asks for by name, by the digest of their file as `zhongtai init` writes it.
NAMED = ("generate_schema_name.sql", "materializations.sql")
