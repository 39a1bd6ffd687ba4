"""The gRPC door: translates, and calls the use cases."""
