"""BHXH's side of the channel, played over HTTP in the shape that webui/bhxh/http_gateway.py speaks.

A dossier goes through it like this:

    http    authorises, asks `door`, keeps it in `ledger`, acknowledges with 202
    clerk   when its time has come: `verdict`, then `receipt` (signed), then `letter` (e-mail)

`faults` tells it to be slow, down, forgetful or unfriendly.
"""
