"""The gRPC door: translates between proto and domain, and calls the use cases."""
