"""What can go wrong between a rule and a relation. Every error names the rule's part at fault and the next step.

None of these carries a cell value; what DuckDB says may, so it is quoted only where the caller's redaction
allows it (see ``redaction.quiet_text``).
"""

from quality.engine.redaction import kind_of


class EngineError(Exception):
    """Base of all errors of this package; ``fix`` says what to do next."""

    def __init__(self, message: str, fix: str) -> None:
        super().__init__(f"{message}. {fix}")
        self.fix = fix


class MissingColumnError(EngineError):
    """A rule names a column that the relation does not have."""

    def __init__(self, column: str, relation: str, known: tuple[str, ...]) -> None:
        fix = f"Use one of its columns: {', '.join(known)}." if known else "Name a column that it has."
        super().__init__(f"column {column!r} is not in {relation}", fix)
        self.column, self.relation, self.known = column, relation, known


class WrongTypeError(EngineError):
    """A rule asks of a column what its type cannot answer."""

    def __init__(self, column: str, type_name: str, metric: str, wanted: str) -> None:
        super().__init__(
            f"{metric} needs {wanted}, but column {column!r} is {kind_of(type_name)}",
            "Cast the column in the relation, or choose a rule for its type.",
        )
        self.column, self.type_name, self.metric = column, type_name, metric


class BadArgumentError(EngineError):
    """A rule contradicts itself or holds an argument that DuckDB cannot use."""

    def __init__(self, metric: str, argument: str, why: str, fix: str) -> None:
        super().__init__(f"{metric}: {argument} {why}", fix)
        self.metric, self.argument = metric, argument


class UnsupportedExpectationError(EngineError):
    """A suite holds expectations that this engine cannot evaluate; they are refused before anything runs."""

    def __init__(self, reasons: dict[str, str]) -> None:
        listed = "; ".join(f"{name} ({why})" for name, why in sorted(reasons.items()))
        super().__init__(f"not supported on DuckDB: {listed}", "Remove them or say the rule in SQL.")
        self.reasons = reasons


class UnsupportedMetricError(EngineError):
    """A metric that this engine has no plan for."""

    def __init__(self, metric: str) -> None:
        super().__init__(f"metric {metric!r} has no plan on DuckDB", "Say the rule in SQL instead.")
        self.metric = metric


class RelationError(EngineError):
    """A relation cannot be opened, or vanished while it was being judged."""

    def __init__(self, relation: str, why: str) -> None:
        super().__init__(f"relation {relation} cannot be read: {why}", "Check its name and that it is attached.")
        self.relation = relation


class NotOneSelectError(EngineError):
    """SQL text that is not exactly one SELECT on its own; nothing of it is executed."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__(f"{name} is not one SELECT: it {why}", "Give one SELECT that is complete as it stands.")
        self.name = name


class EvaluationError(EngineError):
    """DuckDB refused or abandoned the statement of one metric."""

    def __init__(self, metric: str, columns: tuple[str, ...], why: str) -> None:
        on = f" on {', '.join(columns)}" if columns else ""
        super().__init__(f"{metric}{on} could not be evaluated: {why}", "Correct the rule or the column's type.")
        self.metric, self.columns = metric, columns


class WithheldValueError(EngineError):
    """An observed value would be a raw cell of a column that must stay quiet."""

    def __init__(self, metric: str, column: str) -> None:
        super().__init__(
            f"{metric} of {column!r} would print a cell value",
            "Run the suite through run_suite, which masks it, or declare the column plain.",
        )
        self.metric, self.column = metric, column


class CellsAsNamesError(EngineError):
    """The columns of a relation are named by its cells: they are not known before the cells are read."""

    def __init__(self, relation: str) -> None:
        super().__init__(
            f"the columns of {relation} are named by values of the data (a PIVOT without a list)",
            "List the values in the PIVOT.",
        )
        self.relation = relation


class IncompleteRunError(EngineError):
    """Fewer results came back than expectations were declared."""

    def __init__(self, declared: int, run: int) -> None:
        super().__init__(f"{run} results for {declared} expectations", "Treat the whole suite as failed.")
        self.declared, self.run = declared, run
