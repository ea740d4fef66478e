"""The page's server: who may ask, what was asked, and the answer in JSON. See README.md beside.

Everything a page sends is hostile: judged by Host and Origin, bounded, checked against a schema.
What is decided is decided in `webui.filing`.
"""
