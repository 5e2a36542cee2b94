"""How a source fails: an error of its own for each next step. What each says is said where it is found."""

from __future__ import annotations

from lake.readers.refusal import DeliveryRefused

EXTRA = "sources"


class DriverMissing(DeliveryRefused):
    """What reaches a kind of source is not installed; `extra` is what has to be."""

    extra = EXTRA


class SourceAway(DeliveryRefused):
    """A source does not answer."""


class SourceLocked(DeliveryRefused):
    """A source refuses the user, the password, or what that user asks for."""


class SourceGone(DeliveryRefused):
    """What is asked for is not there any more: a database, a table, a column, a bucket, a folder, a file."""


class SourceBroken(DeliveryRefused):
    """A source answered, and gave no whole answer."""
