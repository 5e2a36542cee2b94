"""Writes the schema files anew."""

from contracts.schemas import FOLDER, schema_texts

for name, text in schema_texts().items():
    (FOLDER / name).write_text(text, encoding="utf-8")
