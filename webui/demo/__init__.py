"""`kyso demo`: the whole story on one machine, in one go.

run         the order in which things start and stop
sandbox     in this process (webui/sandbox)
backend     in this process (webui/app.py)
agent       a child process, started as a user would: this package never imports it
window      a child process; or the browser; or, without a display, a URL to open
"""
