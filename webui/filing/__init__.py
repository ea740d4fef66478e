"""The use cases. Each file is one story, told on one screen.

A story is a function over the `Office`: it reads and writes the store in transactions of its own,
raises Refused where the user must be told, and announces what changed.
"""
