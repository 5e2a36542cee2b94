"""Expectations that Great Expectations lacks and this project needs, on this engine only.

    ExpectColumnValuesToBeValidResidentId          GB 11643, SQL of ``check_digits``
    ExpectColumnValuesToBeValidSocialCreditCode    GB 32100, SQL of ``check_digits``
    ExpectColumnValuesToBePlainText                no invisible or lost characters, no placeholders
    ExpectColumnValuesToBeSharedByFew              no value in implausibly many rows
    ExpectColumnValuesToBeInCodeSet                codes from a list or from a column of another relation
    ExpectColumnValuesToBeReferenced               referential integrity
    ExpectColumnValuesToBeMonotone                 a history that never steps back
    ExpectColumnToBeFresh                          age of the newest row in working days
    ExpectQueryToFindFew                           rows that SQL over the batch finds, out of those that it judges

They take row conditions, ``mostly``, severity and result formats like any other. NULL is never unexpected.
"""

import datetime
from typing import Any, ClassVar, Literal

from great_expectations.compatibility import pydantic
from great_expectations.expectations.expectation import (
    BatchExpectation,
    ColumnAggregateExpectation,
    ColumnMapExpectation,
    render_suite_parameter_string,
)
from great_expectations.render import LegacyRendererType, RenderedStringTemplateContent
from great_expectations.render.renderer.renderer import renderer

from quality.engine.registration import declare_metric, declare_row_rule
from quality.engine.working_days import working_days_between

_COLUMN_KEYS = ("batch_id", "table", "column", "row_condition", "condition_parser")


class _Told:
    """How an expectation reads in Data Docs: a sentence in English and Chinese with its arguments."""

    sentence: ClassVar[str] = ""

    @classmethod
    @renderer(renderer_type=LegacyRendererType.PRESCRIPTIVE)
    @render_suite_parameter_string
    def _prescriptive_renderer(
        cls, configuration: Any = None, result: Any = None, runtime_configuration: Any = None, **kwargs: Any
    ) -> list[RenderedStringTemplateContent]:
        arguments = configuration.kwargs if configuration else {}
        params = {key: _words(arguments.get(key) or "") for key in cls.__fields__}  # type: ignore[attr-defined]
        template = cls.sentence
        if arguments.get("mostly", 1) < 1:
            template += " $mostly_share 的值 / of the values."
            params["mostly_share"] = f"≥ {100 * arguments['mostly']:g} %"
        content = {"template": template, "params": params, "styling": (runtime_configuration or {}).get("styling")}
        return [RenderedStringTemplateContent(content_block_type="string_template", string_template=content)]


def _words(value: Any) -> str:
    """An argument as text; long lists by their first members."""
    if not isinstance(value, (list, tuple)):
        return str(value)
    return ", ".join(map(str, value[:10])) + (f", … ({len(value)})" if len(value) > 10 else "")


class ExpectColumnValuesToBeValidResidentId(_Told, ColumnMapExpectation):
    """Expect resident identity numbers: structure of the region, date of birth, sequence and check digit."""

    accept_15: bool = False
    """Also accept the 15-digit numbers of before 1999."""

    sentence: ClassVar[str] = "values must be resident identity numbers (公民身份号码, GB 11643)."
    map_metric = "column_values.resident_id"
    success_keys = ("accept_15", "mostly")
    args_keys = ("column", "accept_15")
    library_metadata: ClassVar[dict[str, Any]] = {"maturity": "production", "tags": ["GB 11643"]}


class ExpectColumnValuesToBeValidSocialCreditCode(_Told, ColumnMapExpectation):
    """Expect unified social credit codes: alphabet, registrar, region, organisation's code and check character."""

    sentence: ClassVar[str] = "values must be unified social credit codes (统一社会信用代码, GB 32100)."
    map_metric = "column_values.social_credit_code"
    success_keys = ("mostly",)
    args_keys = ("column",)
    library_metadata: ClassVar[dict[str, Any]] = {"maturity": "production", "tags": ["GB 32100"]}


class ExpectColumnValuesToBePlainText(_Told, ColumnMapExpectation):
    """Expect texts without what ``without`` names: ``invisible`` or ``lost`` characters, or a ``placeholder``'s look.

    ``strict`` counts joiners, marks of variation and line ends among what is invisible, as keys want it.
    """

    without: Literal["invisible", "lost", "placeholder"]
    strict: bool = False

    sentence: ClassVar[str] = "values must have nothing of the kind (不得含有) $without."
    map_metric = "column_values.plain_text"
    success_keys = ("without", "strict", "mostly")
    args_keys = ("column", "without", "strict")
    library_metadata: ClassVar[dict[str, Any]] = {"maturity": "production", "tags": ["characters"]}


class ExpectColumnValuesToBeSharedByFew(_Told, ColumnMapExpectation):
    """Expect that no value is that of more than ``at_most`` rows and of more than ``share`` of those that have one."""

    at_most: int = pydantic.Field(10, ge=1)
    share: float = pydantic.Field(0.005, gt=0, le=1)

    sentence: ClassVar[str] = "a value may be shared by at most $at_most rows, or $share of them (共用记录数上限)."
    map_metric = "column_values.shared_by_few"
    success_keys = ("at_most", "share", "mostly")
    args_keys = ("column", "at_most", "share")
    library_metadata: ClassVar[dict[str, Any]] = {"maturity": "production", "tags": ["identifiers"]}


class ExpectColumnValuesToBeInCodeSet(_Told, ColumnMapExpectation):
    """Expect codes of a set: ``value_set``, or column ``code_column`` of ``code_relation`` (a dotted name)."""

    value_set: list[Any] | None = None
    code_relation: str | None = None
    code_column: str | None = None

    sentence: ClassVar[str] = "values must be codes of the set (代码集) $value_set$code_relation $code_column."
    map_metric = "column_values.in_code_set"
    success_keys = ("value_set", "code_relation", "code_column", "mostly")
    args_keys = ("column", "value_set", "code_relation", "code_column")
    library_metadata: ClassVar[dict[str, Any]] = {"maturity": "production", "tags": ["code set"]}


class ExpectColumnValuesToBeReferenced(_Told, ColumnMapExpectation):
    """Expect every value to occur in column ``other_column`` of ``other_relation`` (a dotted name)."""

    other_relation: str
    other_column: str

    sentence: ClassVar[str] = "values must occur in (须存在于) $other_relation . $other_column."
    map_metric = "column_values.referenced"
    success_keys = ("other_relation", "other_column", "mostly")
    args_keys = ("column", "other_relation", "other_column")
    library_metadata: ClassVar[dict[str, Any]] = {"maturity": "production", "tags": ["referential integrity"]}


class ExpectColumnValuesToBeMonotone(_Told, ColumnMapExpectation):
    """Expect that values never step back when rows are read in ``order_by``, per ``partition_by``.

    The order must be given, since a relation has none.
    """

    order_by: list[str] = pydantic.Field(min_items=1)
    partition_by: list[str] = pydantic.Field(default_factory=list)
    increasing: bool = True
    strictly: bool = False

    sentence: ClassVar[str] = "values must not step back in order of (须按此顺序单调) $order_by $partition_by."
    map_metric = "column_values.monotone"
    success_keys = ("order_by", "partition_by", "increasing", "strictly", "mostly")
    args_keys = ("column", "order_by", "partition_by", "increasing", "strictly")
    library_metadata: ClassVar[dict[str, Any]] = {"maturity": "production", "tags": ["history"]}


class ExpectColumnToBeFresh(_Told, ColumnAggregateExpectation):
    """Expect the newest date of a column to be at most ``at_most`` working days before ``as_of``.

    ``working_days`` lists the working days of a period; without it the Chinese calendar is used. Beyond the end of
    either the expectation fails with an error that says so. The observed value is the age, never the date; a date
    after ``as_of`` gives a negative age and fails.
    """

    as_of: datetime.date
    at_most: int = pydantic.Field(ge=0)
    working_days: list[datetime.date] | None = None

    sentence: ClassVar[str] = "newest date at most $at_most working days (工作日) before $as_of."
    metric_dependencies = ("column.newest_day",)
    success_keys = ("as_of", "at_most", "working_days")
    args_keys = ("column", "as_of", "at_most", "working_days")
    library_metadata: ClassVar[dict[str, Any]] = {"maturity": "production", "tags": ["timeliness"]}

    def _validate(
        self, metrics: dict[str, Any], runtime_configuration: Any = None, execution_engine: Any = None
    ) -> dict[str, Any]:
        """Compare; no rows at all is not fresh."""
        newest = metrics["column.newest_day"]
        if newest is None:
            return {"success": False, "result": {"observed_value": None}}
        age = working_days_between(newest, self.as_of, self.working_days)
        future = newest > self.as_of
        return {"success": not future and age <= self.at_most, "result": {"observed_value": age}}


class ExpectQueryToFindFew(_Told, BatchExpectation):
    """Expect that SQL over ``{batch}`` finds no rows, or at most a share of those that other SQL judges.

    ``differing_query`` is counted and judged by nobody: its number is the observed value. Results are counts alone.
    """

    failing_query: str
    judged_query: str
    differing_query: str | None = None
    at_least: float = pydantic.Field(1.0, ge=0, le=1)

    sentence: ClassVar[str] = "of $judged_query at least $at_least must not be in (至少不出现于) $failing_query."
    metric_dependencies = ("failing_query.row_count", "judged_query.row_count", "differing_query.row_count")
    success_keys = ("failing_query", "judged_query", "differing_query", "at_least")
    args_keys = ("failing_query", "judged_query", "differing_query", "at_least")
    library_metadata: ClassVar[dict[str, Any]] = {"maturity": "production", "tags": ["across tables"]}

    def _validate(
        self, metrics: dict[str, Any], runtime_configuration: Any = None, execution_engine: Any = None
    ) -> dict[str, Any]:
        """Compare; where nothing is judged nothing fails."""
        failing, judged, differing = (metrics[name] for name in self.metric_dependencies)
        kept = judged - failing >= self.at_least * judged
        share = 100.0 * failing / judged if judged else 100.0 * bool(failing)
        counts = {"unexpected_count": failing, "unexpected_percent": share, "element_count": judged}
        counts["observed_value"] = differing
        return {"success": failing == 0 or (self.at_least < 1 and kept), "result": counts}


declare_row_rule("column_values.resident_id", _COLUMN_KEYS, ("accept_15",))
declare_row_rule("column_values.social_credit_code", _COLUMN_KEYS, ())
declare_row_rule("column_values.plain_text", _COLUMN_KEYS, ("without", "strict"))
declare_row_rule("column_values.shared_by_few", _COLUMN_KEYS, ("at_most", "share"))
declare_row_rule("column_values.in_code_set", _COLUMN_KEYS, ("value_set", "code_relation", "code_column"))
declare_row_rule("column_values.referenced", _COLUMN_KEYS, ("other_relation", "other_column"))
declare_row_rule("column_values.monotone", _COLUMN_KEYS, ("order_by", "partition_by", "increasing", "strictly"))
declare_metric("column.newest_day", _COLUMN_KEYS, ())
_QUERY_KEYS = ("batch_id", "table", "row_condition", "condition_parser")
for _argument in ("failing_query", "judged_query", "differing_query"):
    declare_metric(f"{_argument}.row_count", _QUERY_KEYS, (_argument,))
