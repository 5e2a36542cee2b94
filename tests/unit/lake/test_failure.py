"""An error leaves in words that hold no value: its own where it is the platform's, else its kind and place."""

from __future__ import annotations

import errno
import sqlite3

import duckdb
import pytest

from lake.failure import StepFailed, told, words
from lake.readers.refusal import DeliveryRefused

SECRET = "11010119900307123X"


def test_what_the_platform_says_is_said() -> None:
    refusal = DeliveryRefused("a.b", "f.csv", "it is empty", "0 bytes", "Ask again.")
    assert words(refusal) == "a.b: f.csv: it is empty (0 bytes). Ask again."


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (ValueError(SECRET), "ValueError at"),
        (duckdb.ConversionException(SECRET), "ConversionException at"),
        (duckdb.OutOfMemoryException(SECRET), "ZHONGTAI_MEMORY"),
        (duckdb.IOException(SECRET), "`zhongtai rebuild` makes the lake again"),
        (sqlite3.DatabaseError(SECRET), "restore it from a backup"),
        (sqlite3.OperationalError(SECRET), "held by another process"),
        (MemoryError(), "no memory left"),
        (OSError(errno.ENOSPC, "No space left on device", "/state/x"), "No space left on device: /state/x. Free space"),
        (PermissionError(errno.EACCES, "Permission denied", "/state/x"), "Permission denied: /state/x. Mend that"),
    ],
)
def test_of_a_librarys_error_the_kind_is_told_and_never_the_text(error: Exception, says: str) -> None:
    def fail() -> None:
        raise error

    with pytest.raises(StepFailed) as failed, told("a step"):
        fail()
    assert says in str(failed.value) and str(failed.value).startswith("a step: ")
    assert SECRET not in str(failed.value)
    # Nothing of the library's error is carried along into a log.
    assert failed.value.__cause__ is None and failed.value.__suppress_context__


def test_an_interruption_is_no_failure() -> None:
    with pytest.raises(KeyboardInterrupt), told("a step"):
        raise KeyboardInterrupt
