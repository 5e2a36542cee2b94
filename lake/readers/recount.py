"""The records of a landed text told anew, from its bytes and its contract alone: what an audit holds the books against.

No parser has a part in it: a regular text is counted by the parity of its quotes, any other by that of the canonical
copy, which has a record for each record and for each line in doubt.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from contracts.model import Dataset
from lake.readers.delimited import count_texts, text_of


def count_text(dataset: Dataset, file: Path) -> int:
    """The records of a delimited or fixed-width text (or a member of an archive that is one).

    Raises `DeliveryRefused` as reading it would.
    """
    with tempfile.TemporaryDirectory() as folder:
        return count_texts(dataset, [text_of(dataset, file, file.name, Path(folder))], Path(folder))


def recount(dataset: Dataset, file: Path) -> int:
    """The records of a landed file."""
    return count_text(dataset, file)
