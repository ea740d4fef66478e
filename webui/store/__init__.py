"""What must outlive the process, in SQLite or PostgreSQL, by the same code.

`database` opens it; each other module holds the statements about one thing. They take the
connection of a transaction that the use case began, so that what belongs together is written
together.
"""
