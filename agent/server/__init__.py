"""The edge: HTTP and WebSocket on loopback."""
