"""The dbt twins of the declarations: staging models, entity models and their YAML, written by `zhongtai sync`.

Declarations are the only input; a twin is never edited by hand, and a drift check holds both together.
"""
