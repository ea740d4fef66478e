"""The tray icon: a program of its own (`python -m agent.tray`), started by the agent.

It shows what the agent tells it (`messages.State`) and reports what the user chooses; it decides
nothing. Without a display or a tray it ends by itself, and the agent goes on without it.
`process` is the agent's side and knows no Qt; `icon` and `__main__` are the program.
"""
