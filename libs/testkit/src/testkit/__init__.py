"""What the test suites of all parts share: real servers, fresh databases, tokens, builders of facts."""

from testkit.parts import requires

__all__ = ["requires"]
