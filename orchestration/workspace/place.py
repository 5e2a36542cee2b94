"""Putting a new folder where it belongs, whole or not at all: written as a draft beside, then renamed.

What stands in the folder is the caller's business.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from orchestration.workspace.newcity import CityRefused

_SHOWN = 3


def place(target: Path, write: Callable[[Path], None]) -> None:
    """Have `write` fill a folder that then is `target`, which must be absent or empty.

    Raises `CityRefused` where that cannot be; whatever goes wrong, `target` is as it was.
    """
    expect_free(target)
    try:
        _fill(target, write) if target.is_dir() else _make(target, write)
    except OSError as error:
        raise CityRefused(
            f"{target} cannot be written: {error.strerror or error}", "Choose a folder in which you may write"
        ) from error


def expect_free(target: Path) -> None:
    """Raise `CityRefused` where a folder holds anything, or a file is in its place. Nothing is written."""
    try:
        held = sorted(path.name for path in target.iterdir())
    except FileNotFoundError:
        return
    except NotADirectoryError:
        raise CityRefused(f"{_file_on(target)} is a file", "Name a folder that is empty or does not exist") from None
    except OSError as error:
        raise CityRefused(f"{target} cannot be read: {error.strerror}", "Choose a folder of your own") from error
    if held:
        shown = ", ".join(held[:_SHOWN]) + (" …" if len(held) > _SHOWN else "")
        raise CityRefused(
            f"{target} is not empty: it holds {shown}", "Name a folder that is empty or does not exist; none is cleared"
        )


def _file_on(target: Path) -> Path:
    """The file that stands at a path, or on the way to it."""
    return next(path for path in (target, *target.parents) if path.is_file())


def _make(target: Path, write: Callable[[Path], None]) -> None:
    """A folder that is not there yet, nor perhaps those above it: the topmost of them gets its name last."""
    top = next(path for path in (target, *target.parents) if path.parent.is_dir())
    with _draft(top.parent) as draft:
        inner = draft / "new" / target.relative_to(top)
        inner.mkdir(parents=True)
        write(inner)
        (draft / "new").rename(top)


def _fill(target: Path, write: Callable[[Path], None]) -> None:
    """An empty folder that stays the same folder: somebody may be standing in it."""
    with _draft(target) as draft:
        write(draft)
        moved: list[Path] = []
        try:
            for path in sorted(draft.iterdir()):
                moved.append(path.rename(target / path.name))
        except OSError:
            for path in moved:
                path.rename(draft / path.name)
            raise


@contextmanager
def _draft(parent: Path) -> Iterator[Path]:
    draft = parent / f".zhongtai-init-{uuid4().hex[:8]}"
    draft.mkdir()
    try:
        yield draft
    finally:
        shutil.rmtree(draft, ignore_errors=True)
