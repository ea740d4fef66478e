"""Headers on every answer."""

from typing import Final

from protocol.version import PING_PATH, PORTS

# CSP knows no IPv6 literals; the agent listens on both, and clients use the names below.
_AGENT: Final = " ".join(
    f"ws://{name}:{port} http://{name}:{port}{PING_PATH}"
    for port in PORTS
    for name in ("127.0.0.1", "localhost")
)

CONTENT_SECURITY_POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        f"connect-src 'self' {_AGENT}",
        "manifest-src 'self'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)

SECURITY: Final = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
}
#: A document to save: should a browser show it after all, nothing in it runs.
DOWNLOAD_POLICY: Final = "default-src 'none'; sandbox; frame-ancestors 'none'"
#: Sent with answers when the page was reached by https.
TRANSPORT: Final = {"Strict-Transport-Security": "max-age=31536000"}
