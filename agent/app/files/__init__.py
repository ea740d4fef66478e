"""`kyso-agent sign`, `verify` and `certificates`: the agent's use cases on files, at a terminal.

command        the three commands: arguments, words, exit status
sign           a file → a signed file, asking its user as any page must
verify         a signed file → a report
certificates   which certificates there are to sign with
place          the desk that both work at, in this process
reading        files as documents
"""
