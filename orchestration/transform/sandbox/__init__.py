"""What models may be and do: the texts of a project judged before anything runs, and every statement that dbt then asks.

Each module here lists what it knows, and refuses all else. Why, and what is not defended: docs/decisions/models-sandbox.md.
"""
