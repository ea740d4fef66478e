"""The process that holds the services' keys: the only one here that loads a PKCS#11 module."""
