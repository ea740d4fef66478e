"""The agent's windows, in Qt: a program of its own (`python -m agent.consent.windows`).

It is started for one question and reads it from standard input (agent.consent.window_messages);
nothing of the agent imports it. Its rules:

1. Nothing here decides: buttons feed `agent.consent.states`, and the agent keeps its own copy.
2. Closing, Escape and the end of standard input are refusals. Confirming buttons are inert until
   the window has been seen, and again after every change of focus.
3. Text of pages, documents and certificates goes through `agent.consent.plain` and is plain text
   only; nothing in a window is ever a link.
4. Everything can be reached by keyboard and has a name for screen readers.
"""
