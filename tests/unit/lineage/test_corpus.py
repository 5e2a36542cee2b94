"""The labelled corpus: no edge missing, hardly any too many, and each of those explained."""

from __future__ import annotations

import pytest

from tests.lineage_corpus.cases import cases, scores

FILES = sorted({case.file for case in cases()})


def test_the_corpus_is_large_and_its_names_are_unique():
    names = [case.name for case in cases()]
    assert len(names) >= 200
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("file", FILES)
def test_no_edge_is_missing(file):
    found = [one for one in scores() if one.case.file == file]
    assert {one.case.name: one.missing for one in found if one.missing} == {}
    assert {one.case.name: one.faults for one in found if one.faults} == {}


def test_extra_edges_are_few_and_explained():
    extra, expected = sum(len(one.extra) for one in scores()), sum(one.expected for one in scores())
    assert extra <= 0.05 * expected
    assert [one.case.name for one in scores() if one.extra and not one.case.explained] == []
