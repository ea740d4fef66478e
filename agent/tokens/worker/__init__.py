"""The child process that holds one vendor's PKCS#11 module; the daemon starts it, never imports it.

A vendor's module may crash, hang, print, or hold the interpreter for seconds; here that ends one
child. Nothing heavy is imported, so that a worker stays small: certificates are read by the host.
"""
