"""What a CKR_* means for the user: one table for logging in, one for signing.

From facts measured on a PC/SC stack: after a removal the same C_Sign may answer any of
`LOOK_AGAIN`, depending on when the module last looked at the reader. None of them says by itself
that the token is gone; the slots are looked at afresh, and that decides.
"""

import PyKCS11

LOGIN: dict[int, str] = {
    PyKCS11.CKR_PIN_INCORRECT: "pin_incorrect",
    # "Contains invalid characters": no promise that the try was not counted.
    PyKCS11.CKR_PIN_INVALID: "pin_incorrect",
    PyKCS11.CKR_PIN_LOCKED: "pin_locked",
    PyKCS11.CKR_PIN_LEN_RANGE: "pin_length",
    # The user pressed cancel on the reader's own keys.
    PyKCS11.CKR_FUNCTION_CANCELED: "user_refused",
}

SIGN: dict[int, str] = {
    # Another program touched the card, and with that our login is gone.
    PyKCS11.CKR_USER_NOT_LOGGED_IN: "token_busy",
    PyKCS11.CKR_MECHANISM_INVALID: "certificate_unsuitable",
    PyKCS11.CKR_MECHANISM_PARAM_INVALID: "certificate_unsuitable",
    PyKCS11.CKR_KEY_FUNCTION_NOT_PERMITTED: "certificate_unsuitable",
    PyKCS11.CKR_KEY_TYPE_INCONSISTENT: "certificate_unsuitable",
    PyKCS11.CKR_KEY_SIZE_RANGE: "certificate_unsuitable",
}

LOOK_AGAIN: frozenset[int] = frozenset(
    {
        PyKCS11.CKR_DEVICE_REMOVED,
        PyKCS11.CKR_TOKEN_NOT_PRESENT,
        PyKCS11.CKR_TOKEN_NOT_RECOGNIZED,
        PyKCS11.CKR_SESSION_HANDLE_INVALID,
        PyKCS11.CKR_SESSION_CLOSED,
        PyKCS11.CKR_DEVICE_ERROR,
        PyKCS11.CKR_GENERAL_ERROR,
        PyKCS11.CKR_FUNCTION_FAILED,
        PyKCS11.CKR_KEY_HANDLE_INVALID,
        PyKCS11.CKR_OBJECT_HANDLE_INVALID,
        PyKCS11.CKR_SLOT_ID_INVALID,
    }
)

ALREADY_LOGGED_IN: int = PyKCS11.CKR_USER_ALREADY_LOGGED_IN

#: Answers to a login for one operation by modules that have the flag but not the function. The PIN
#: was not looked at, and the login just made is enough for them.
NO_CONTEXT_LOGIN: frozenset[int] = frozenset(
    {
        PyKCS11.CKR_USER_TYPE_INVALID,
        PyKCS11.CKR_FUNCTION_NOT_SUPPORTED,
        PyKCS11.CKR_USER_ALREADY_LOGGED_IN,
    }
)
