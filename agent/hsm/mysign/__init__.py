"""Viettel MySign (Cloud-CA): an Ascertia ADSS remote signing service, CSC v1 in its bones.

    account    user_id, as "CMT_0123456789" or "MST_0100109106-998"
    password   client_secret, of the program or company that is connected
    field client_id, and profile_id where it is not the usual one

`login` gives a bearer token for this user and an hour. The user confirms in the app, once for all
hashes of a request, while we ask how it stands (`async: 1`).

Known from Viettel's description (v1.8 and v1.9) and samples: all of it but the following, which is
[I]: that signatures come in the order of the hashes, that a failure is told as {error,
error_description} with one of the numbers, and how an empty login is refused (by which the service
is recognised).
"""

from agent.hsm.mysign.provider import MySign

__all__ = ["MySign"]
