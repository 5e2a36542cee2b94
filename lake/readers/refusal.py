"""Why a delivery could not be read at all. One error type, with its facts as attributes; no reading happens here."""

from __future__ import annotations


class DeliveryRefused(Exception):
    """A delivery that fails as a whole: nothing of it is in the lake, other deliveries go on.

    `place` says where in the file (a line, a byte, a header); `fix` is the next step. No cell value is kept.
    """

    def __init__(self, dataset: str, file: str, what: str, place: str, fix: str) -> None:
        self.dataset = dataset
        self.file = file
        self.what = what
        self.place = place
        self.fix = fix
        super().__init__(f"{dataset}: {file}: {what} ({place}). {fix}")

    def because(self, hint: str) -> DeliveryRefused:
        """The same refusal with what the file itself shows of its cause; itself where there is no hint."""
        return DeliveryRefused(self.dataset, self.file, f"{self.what}; {hint}", self.place, self.fix) if hint else self

    def named(self, file: str) -> DeliveryRefused:
        """The same refusal of a file that is known by another name."""
        return DeliveryRefused(self.dataset, file, self.what, self.place, self.fix)


class HeadersDiffer(DeliveryRefused):
    """The headers of a delivery are not those of the contract.

    `delivered` are the names as they came: where a file has no header they are a person's data, so they may go into a
    contract that somebody reads first, and never into a message. `at` says where each contracted column was found;
    keys of objects are not `ordered`.
    """

    def __init__(
        self, refusal: DeliveryRefused, delivered: tuple[str, ...], at: dict[str, int], *, ordered: bool = True
    ) -> None:
        super().__init__(refusal.dataset, refusal.file, refusal.what, refusal.place, refusal.fix)
        self.delivered, self.at, self.ordered = delivered, at, ordered

    def because(self, hint: str) -> HeadersDiffer:
        """The same refusal with what the file itself shows of its cause."""
        return HeadersDiffer(super().because(hint), self.delivered, self.at, ordered=self.ordered) if hint else self

    def named(self, file: str) -> HeadersDiffer:
        """The same refusal of a file that is known by another name."""
        return HeadersDiffer(super().named(file), self.delivered, self.at, ordered=self.ordered)
