"""The schema's history, run by alembic at start and by `kyso migrate`.

A new step: change `tables.py`, then `alembic -c webui/store/migrations/alembic.ini revision
--autogenerate -m "…"` and read what it wrote.
"""
