"""The outside world, played for real on this machine: a CA, BHXH's gateway, a mailbox, a token.

Nothing here is BHXH's: every certificate, page and mail says that it is a demonstration. What is
played is played honestly, though. Signatures, chains, revocation and duplicates are truly checked,
answers are truly signed, mail truly travels by SMTP; so that what works here fails nowhere for lack
of having been tried.

    service.Sandbox   starts it all in the running event loop
    python -m webui.sandbox --data DIR   the same as a program
"""
