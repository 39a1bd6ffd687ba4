"""A second scorer, written from `docs/scoring.md` and the contracts alone: slow, plain, and no part of the product.

It shares no code with the product, so that a mistake of one shows as a difference between the two.
"""
