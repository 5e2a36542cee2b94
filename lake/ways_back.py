"""The commands that bring a lost or damaged part of a city back, in words, wherever such a part is missed."""

from __future__ import annotations

REBUILD = "`zhongtai rebuild` makes the lake again from what landed, or `zhongtai restore` brings back a backup"
LANDING = "deliver the same file again, or bring it back from a backup (docs/operations.md)"
