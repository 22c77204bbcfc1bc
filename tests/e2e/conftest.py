"""The whole system's tests use the fixtures of the server's."""
