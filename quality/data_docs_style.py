"""The style of Data Docs: what the pages link, and its few rules. Great Expectations is not needed for it."""

from __future__ import annotations

STYLE = "data_docs.css"
RULES = """body { font: 15px/1.5 system-ui, "Noto Sans CJK SC", sans-serif; margin: 1.5rem; max-width: 70rem; }
table { border-collapse: collapse; } td, th { padding: .3rem .6rem; border-bottom: 1px solid #ccc; text-align: left; }
ul { list-style: none; padding-left: 0; } input { display: none; }
.fa-check-circle::before { content: "✓ passed"; } .fa-times::before { content: "✗ failed"; color: #b3261e; }
.fa-exclamation-triangle::before { content: "⚠ not evaluated"; color: #b3261e; }
"""
