"""Alembic runs this. The connection, inside its transaction, comes from store/database.py."""

from alembic import context
from sqlalchemy import Connection, create_engine

from webui.store.tables import metadata


def _run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=metadata,
        # SQLite cannot alter a table in place; alembic then copies it.
        render_as_batch=connection.dialect.name == "sqlite",
        transactional_ddl=True,
    )
    with context.begin_transaction():
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    _run(given)
else:
    # A developer writes a new step: compare with an empty database brought to the last version.
    engine = create_engine(context.config.get_main_option("sqlalchemy.url") or "")
    with engine.connect() as own:
        _run(own)
