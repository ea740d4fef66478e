"""The signing agent: keys, consent, formats, and the WebSocket server on loopback."""
