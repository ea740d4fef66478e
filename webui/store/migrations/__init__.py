"""The schema's history, run by alembic at start and by `kyso migrate`.

A new step: change `tables.py`, then `alembic -c webui/store/migrations/alembic.ini revision
--autogenerate -m "…"`, read what it wrote, and name it in HEAD (a test compares).
"""

from typing import Final

#: The last step. A database that is there already needs no alembic, which takes long to import.
HEAD: Final = "0001"
