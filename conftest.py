"""Every test sees the fixtures of testkit."""

pytest_plugins = ["testkit.fixtures"]
