"""What models may be and do: a project's texts judged before anything runs, and every statement that dbt then asks.

Each module here lists what it knows, and refuses all else. Why: docs/decisions/models-sandbox.md.
"""
