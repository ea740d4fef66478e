"""The Cloud Signature Consortium's API: v1.0.4.0 (2019-06) and v2 (2.0.0.2), as ETSI TS 119 432
builds on it.

    provider        recognising such a service, and signing in to it
    service         what `info` says: the version, the methods, how to sign in
    tokens          signing in; a token renewed, a token revoked
    oauth2          a token by OAuth 2.0, where a service has that
    wire            one call: where it goes, what goes with it, what its refusal means
    session         the port's verbs, in whichever version
    v1, v2          what is said and understood in each version; messages_v1, messages_v2
    factors         what v2's `auth` asks of the user; `expression` reads its formula
    algorithms      our mechanisms as the API's object identifiers
    failures        the API's errors as ours, one table

What the specifications leave open is decided here so:

* Nothing but the host that the user typed is ever asked. A service whose `oauth2` address is
  elsewhere is refused, since its secrets would go to a host that nobody chose.
* Where the user confirms on the phone (v1 "implicit"; v2's out-of-band factors) the wait is a
  `Pending`. v1 has no way to ask how it stands: there the one `credentials/authorize` request is
  sent by the first `poll`, when the countdown is already seen, and is held open until the user
  has decided, or nobody has in three minutes. v2 answers 202 with a handle for
  `credentials/authorizeCheck`.
* Credentials that are authorised in a browser (`oauth2code`) are told of, not enabled.
"""

from agent.hsm.csc.provider import Csc

__all__ = ["Csc"]
