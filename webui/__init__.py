"""The e-filing app: page, backend, window, and the outside world it can be tried against."""
