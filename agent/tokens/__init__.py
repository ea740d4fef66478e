"""Keys in devices (PKCS#11)."""
