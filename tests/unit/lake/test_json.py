"""JSON in its forms: lines, arrays, records at a path, features. What is no plain record is kept apart, by name."""

from __future__ import annotations

import json
import random

import pytest

from lake.readers.counting import count_elements, count_lines
from tests.unit.lake.desk import Desk, column, dataset

TEXTS = (column("id", required=True, key=True), column("name"), column("n"))
LINES = '{"id":"a","name":"张三","n":1}\n{"id":"b","name":null,"n":2}\n'


def rejected_by(desk: Desk, one: object) -> dict[str, list[str]]:
    return {json.dumps(original, ensure_ascii=False): faults for _, faults, original in desk.rejected(one)}  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "number", ["1.10", "1.0", "-0", "1e400", "12345678901234567890123", "0.1000000000000000055", "-12.50"]
)
@pytest.mark.parametrize("format_", ["ndjson", "json", "geojson"])
def test_numbers_are_handed_over_as_they_are_written(desk: Desk, format_: str, number: str) -> None:
    one = dataset(*TEXTS, format=format_)
    features = '{"type":"FeatureCollection","features":[{"type":"Feature","geometry":null,"properties":%s}]}'
    record = f'{{"id": "x 1.50 \\" -0", "name": "n: 2.50", "n": {number}}}'
    content = {
        "ndjson": record,
        "json": f"[{record}]",
        "geojson": features % record,
    }[format_]
    batch = desk.take(one, content + "\n")
    assert batch.state == "accepted", batch.message
    assert desk.accepted(one) == [('x 1.50 " -0', "n: 2.50", number)]


BAD = {
    "twice": ('{"id":"b","name":"x","name":"x"}', "structure:key_twice"),
    "twice by escape": ('{"id":"b","name":"x","na\\u006de":"y"}', "structure:key_twice"),
    "nested object": ('{"id":"b","name":{"a":1}}', "cell:nested"),
    "nested list": ('{"id":"b","name":["x"]}', "cell:nested"),
    "nan": ('{"id":"b","n":NaN}', "structure:unreadable"),
    "infinity": ('{"id":"b","n":-Infinity}', "structure:unreadable"),
    "comma": ('{"id":"b","n":1,}', "structure:unreadable"),
    "null character": ('{"id":"b","name":"a\\u0000b"}', "cell:null_character"),
    "half a pair": ('{"id":"b","name":"\\ud83d"}', "structure:unreadable"),
    "list": ('["b"]', "structure:unreadable"),
    "comment": ('{"id":"b"} // done', "structure:unreadable"),
    "leading zero": ('{"id":"b","n":007}', "structure:unreadable"),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_line_that_is_no_plain_object_is_kept_whole(desk: Desk, kind: str) -> None:
    line, fault = BAD[kind]
    one = dataset(*TEXTS, format="ndjson")
    batch = desk.take(one, f'{{"id":"a"}}\n{line}\n{{"id":"c","name":"nan, ,]"}}\n')
    assert (batch.rows_read, batch.accepted, batch.reasons) == (3, 2, {fault: 1})
    ((_, _, original),) = desk.rejected(one)
    assert original["_surplus"] == line


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "gb18030"])
def test_lines_end_as_they_will(desk: Desk, end: str, encoding: str) -> None:
    one = dataset(*TEXTS, format="ndjson", encoding=encoding)
    batch = desk.take(one, LINES.replace("\n", end) + f"  {end}")
    assert batch.rows_read == batch.accepted == 2, batch.message


def test_one_crlf_among_lf(desk: Desk) -> None:
    one = dataset(*TEXTS, format="ndjson")
    assert desk.take(one, LINES.replace("\n", "\r\n", 1)).accepted == 2


def test_an_array_is_not_lines(desk: Desk) -> None:
    one = dataset(*TEXTS, format="ndjson")
    message = desk.take(one, f"[{LINES.strip().replace(chr(10), ',')}]").message
    assert "it is a JSON array" in message and "format: json" in message


SHAPES = {
    "array": (None, "[%s]"),
    "pretty array": (None, " [\n  %s\n]\n"),
    "one after another": (None, "%s"),
    "path": (
        "$.data.rows",
        '{"code": 0, "x": {"rows": [1]}, "data": {"total": 2, "rows": [%s], "more": {}}, "rows": []}',
    ),
    "named": ('$."the rows"', '{"the rows": [%s]}'),
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_records_of_a_document(desk: Desk, shape: str, mark: str) -> None:
    path, around = SHAPES[shape]
    one = dataset(*TEXTS, format="json", records=path)
    objects = [json.dumps(json.loads(line), indent=2, ensure_ascii=False) for line in LINES.splitlines()]
    divider = "\n" if shape == "one after another" else ", "
    batch = desk.take(one, mark + around % divider.join(objects))
    assert batch.rows_read == batch.accepted == 2, batch.message
    assert desk.accepted(one) == [("a", "张三", "1"), ("b", None, "2")]


@pytest.mark.parametrize(
    ("content", "says", "path"),
    [
        ('[{"id":"a"},', "truncated", None),
        ('[{"id":"a"', "truncated", None),
        ('[{"id":"a', "truncated", None),
        ('[{"id":"a"} {"id":"b"}]', "not divided", None),
        ('[{"id":"a"}] x', "follows", None),
        ('{"rows":[{"id":"a"}],"rows":[{"id":"b"}]}', "twice", "$.rows"),
        ('{"rows":[{"id":"a"}]}', "nothing at $.data", "$.data"),
        ("[]", "no records", None),
        ('{"rows":[]}', "no records", "$.rows"),
        ("[1,2]", "no record is a JSON object", None),
    ],
)
def test_a_broken_document_is_refused(desk: Desk, content: str, says: str, path: str | None) -> None:
    one = dataset(*TEXTS, format="json", records=path)
    batch = desk.take(one, content)
    assert batch.state == "failed" and says in batch.message


def test_scalars_among_the_records_are_counted(desk: Desk) -> None:
    one = dataset(*TEXTS, format="json")
    batch = desk.take(one, '[{"id":"a"}, 5, {"id":"b"}, {"id":"c"}, "x, y"]')
    assert (batch.rows_read, batch.accepted, batch.reasons) == (5, 3, {"structure:unreadable": 2})


PLACES = (column("id"), column("longitude"), column("latitude"))


def feature(geometry: str, properties: str = '{"id":"a"}', more: str = "") -> str:
    return f'{{"type":"Feature","geometry":{geometry},"properties":{properties}{more}}}'


def collection(*features: str, more: str = "") -> str:
    return f'{{"type":"FeatureCollection",{more}"features":[{",".join(features)}]}}'


POINT = '{"type":"Point","coordinates":[118.10, 24.20]}'


@pytest.mark.parametrize(
    ("bad", "fault"),
    [
        (feature('{"type":"LineString","coordinates":[[1,2],[3,4]]}'), "structure:no_point"),
        (feature('{"type":"Point","coordinates":["1","2"]}'), "structure:no_point"),
        (feature('{"type":"Point","coordinates":[]}'), "structure:no_point"),
        (feature('{"type":"Circle","coordinates":[1,2]}'), "structure:no_feature"),
        ('{"type":"Point","coordinates":[1,2]}', "structure:no_feature"),
        ("null", "structure:unreadable"),
        ("{}", "structure:no_feature"),
        (feature(POINT, '{"id":"a","id":"b"}'), "structure:key_twice"),
        (feature('{"type":"Point","coordinates":[1,2],"coordinates":[3,4]}'), "structure:key_twice"),
        (feature(POINT, '{"id":"a","longitude":9.5}'), "geometry:longitude_contradicted"),
        (feature(POINT, '{"id":["a"]}'), "cell:nested"),
        (feature(POINT, more=',"owner":"x"'), "structure:unknown_key"),
    ],
)
def test_a_feature_that_is_not_what_is_asked_for(desk: Desk, bad: str, fault: str) -> None:
    one = dataset(*PLACES, format="geojson")
    batch = desk.take(one, collection(feature(POINT), bad, feature("null"), feature(POINT, more=',"bbox":[1,2,3,4]')))
    assert (batch.rows_read, batch.reasons) == (4, {fault: 1}), batch.message
    assert desk.accepted(one) == [("a", "118.10", "24.20"), ("a", None, None), ("a", "118.10", "24.20")]


@pytest.mark.parametrize("name", ["EPSG:3857", "urn:ogc:def:crs:EPSG::4490", "张三"])
def test_another_reference_system_is_refused(desk: Desk, name: str) -> None:
    one = dataset(*PLACES, format="geojson")
    batch = desk.take(
        one, collection(feature(POINT), more=f'"crs":{{"type":"name","properties":{{"name":"{name}"}}}},')
    )
    assert batch.state == "failed" and "reference system" in batch.message and "张三" not in batch.message


@pytest.mark.parametrize("name", ["urn:ogc:def:crs:OGC:1.3:CRS84", "EPSG:4326", "urn:ogc:def:crs:OGC::CRS84"])
def test_degrees_are_degrees(desk: Desk, name: str) -> None:
    one = dataset(*PLACES, format="geojson")
    batch = desk.take(
        one, collection(feature(POINT), more=f'"crs":{{"type":"name","properties":{{"name":"{name}"}}}},')
    )
    assert batch.accepted == 1, batch.message


def test_any_geometry_is_its_text(desk: Desk) -> None:
    one = dataset(column("id"), column("geometry"), format="geojson")
    line = '{"type":"LineString","coordinates":[[118.10,24.20],[1,2]]}'
    batch = desk.take(one, collection(feature(line), feature(POINT), feature("null", more=',"id":7')))
    assert batch.accepted == 3, batch.message
    assert desk.accepted(one) == [("a", line), ("a", POINT.replace(" ", "")), ("a", None)]


@pytest.mark.parametrize("seed", range(20))
def test_elements_are_counted_over_bytes_as_python_counts_them(
    desk: Desk, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    dice = random.Random(seed)
    monkeypatch.setattr("lake.readers.counting._BLOCK", dice.choice([1, 2, 3, 7, 64]))

    def value(depth: int) -> object:
        kinds = ["text", "number", "null"] + (["list", "object"] if depth else [])
        kind = dice.choice(kinds)
        if kind == "list":
            return [value(depth - 1) for _ in range(dice.randrange(4))]
        if kind == "object":
            return {
                dice.choice(["rows", "data", 'a"b', "\\"]) + str(n): value(depth - 1) for n in range(dice.randrange(4))
            }
        return {"text": dice.choice(['a"[,]', "\\", '\\"', "{", "张,"]), "number": 1.5, "null": None}[kind]

    rows = [value(3) for _ in range(dice.randrange(6))]
    document = {"x": value(2), "data": {"before": value(2), "rows": rows, "z": value(3)}, "y": value(3)}
    file = desk.root / f"count{seed}.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(document, indent=dice.choice([None, 1]), ensure_ascii=False), "utf-8")
    assert count_elements(file, "utf-8", ("data", "rows")) == len(rows)
    file.write_text("\n \n".join(json.dumps(row) for row in rows), "utf-8")
    assert count_lines(file, "utf-8") == len(rows)


def test_a_collection_of_nothing_has_no_records(desk: Desk) -> None:
    one = dataset(*PLACES, format="geojson")
    batch = desk.take(one, collection())
    assert batch.state == "failed" and "no records" in batch.message


def test_lines_with_a_mark_and_marks_beyond_json_in_texts(desk: Desk) -> None:
    one = dataset(*TEXTS, format="ndjson")
    batch = desk.take(
        one, '\ufeff{"id":"a","name":"NaN, ]","n":"-0.50"}\n{"id":"b","name":"\\u4e00 \\"1.0\\"","n":1.50}\n'
    )
    assert desk.accepted(one) == [("a", "NaN, ]", "-0.50"), ("b", '一 "1.0"', "1.50")], batch.message
