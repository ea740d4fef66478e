"""The sandbox's pages: what this world is, what it can be told to do, and what lies in it.

Plain HTML and forms, no script; every page works in any browser and under a strict CSP.
"""
