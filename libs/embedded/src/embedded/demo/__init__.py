"""A demo city: Huế with its people, last month's work and this month's, made from a seed.

`load.load_city` fills a running city, `live.produce` keeps it moving. Everything else is pure.
"""
