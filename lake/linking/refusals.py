"""Why nothing is linked. Lives here: the refusals, with their facts. Must not live here: finding them out."""

from __future__ import annotations

from collections.abc import Sequence


class LinkingRefused(Exception):
    """Nothing was linked; the last registry stays."""


class ColumnsMissing(LinkingRefused):
    """The records lack columns."""

    def __init__(self, columns: Sequence[str]) -> None:
        self.columns = tuple(columns)
        super().__init__(
            f"the records have no column {', '.join(columns)}: give each compared attribute and _record, _identified, "
            "_source, _once"
        )


class RecordsUnnamed(LinkingRefused):
    """Records have no name, or share one."""

    def __init__(self, without: int, shared: int) -> None:
        self.without, self.shared = without, shared
        super().__init__(
            f"{without} records have no _record and {shared} share theirs with another: give each record one of its own"
        )


class BlockTooLarge(LinkingRefused):
    """A block would make more pairs than `most_pairs`."""

    def __init__(self, block: str, pairs: int, most_pairs: int, largest_share: float) -> None:
        self.block, self.pairs, self.most_pairs, self.largest_share = block, pairs, most_pairs, largest_share
        super().__init__(
            f"block [{block}] would compare {pairs:,} pairs, more than most_pairs: {most_pairs:,}; its commonest value "
            f"makes {largest_share:.0%} of them: add a key to the block, or raise most_pairs"
        )


class DecisionsContradict(LinkingRefused):
    """Records are to be together and apart."""

    def __init__(self, pairs: int) -> None:
        self.pairs = pairs
        super().__init__(
            f"{pairs} pairs of records are decided to be apart, and by other decisions to be together: take one back"
        )


class ParametersUnfit(LinkingRefused):
    """Stored parameters are of another declaration."""

    def __init__(self, what: str) -> None:
        self.what = what
        super().__init__(f"the stored parameters do not fit the declaration ({what}): train again")
