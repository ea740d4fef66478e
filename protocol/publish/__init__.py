"""What is derived from the code for readers in other languages: `python -m protocol.publish`.

    schema/requests, replies, notifications    JSON Schema 2020-12, one file per message
    js/messages.d.ts                           the same for TypeScript
    SPEC.md                                    its tables and its diagram, between markers

All of it is committed, and a test compares it with what the code would give.
"""
