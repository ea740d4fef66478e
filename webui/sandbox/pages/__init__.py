"""The sandbox's pages: what this world is, what it can be told to do, and what lies in it.

Plain HTML and forms that work without script, under a strict CSP; `fresh.js` only keeps what is
shown up to date.
"""
