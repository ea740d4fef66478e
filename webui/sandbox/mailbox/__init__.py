"""A mail server for everybody in the demo world, and the box in which all their letters lie."""
