"""`kyso-agent sign`, `verify`, `certificates` and `tokens`: the agent's use cases on files, at a
terminal.

command        the commands: arguments, words, exit status
sign           a file → a signed file, asking its user as any page must
verify         a signed file → a report
certificates   which certificates there are to sign with
tokens         which tokens are plugged in
output         where a signed file goes
place          the desk that both work at, in this process
reading        files as documents
"""
