"""A small Functions host around the real azure-functions-runtime, for a laptop and the tests."""
