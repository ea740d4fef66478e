"""The composition root: the only place that knows every concrete class.

daemon    the running agent
control   what other processes of the user do with it: status, stop
records   what can be read without it: modules, journal, sites
"""
