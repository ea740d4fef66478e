"""VNPT SmartCA, and the state's eSign gateway (NEAC), which speaks nearly the same.

    account    user_id: the citizen's identity number, or what the certificate is registered by
    password   sp_password, of the program or company that is connected
    field sp_id, and at the gateway ca_name, the authority that keeps the key ("FPT-CA")

Name and password go in the body of every request; there is no session. The user confirms in the
authority's app, once for all hashes of a request. SmartCA answers at once and is asked again; the
gateway may answer only when the user has decided, so it is first asked by `poll`, while the user
already sees that the phone is waited for.

Known from VNPT's own description and samples: paths and fields of SmartCA, a hash in hex, "POST
with an empty object" to ask for the outcome, the messages SUCCESS, sig_wait_for_user_confirm and
EXPIRED, 401 SP_CREDENTIAL_INVALID, 403 CREDENTIAL_STATUS_INVALID. Of the gateway, from programs
that use it: its two paths, and the form of its answers. The rest is guessed, in `shapes` and
`failures`: how a refusal on the phone and a used-up quota are told, and all that follows an answer
of the gateway without signatures.
"""

from agent.hsm.smartca.provider import Neac, SmartCa

__all__ = ["Neac", "SmartCa"]
