"""The composition root: the only place that knows every concrete class.

daemon    the running agent
control   what other processes of the user do with it: status, stop
accounts  at signing services: list, add, refresh, remove
records   what can be read without it: modules, sites
journal   the record of signatures: list, verify, export, delete
"""
