"""The web: pages for officers, leaders and evaluators, and the REST door of other programs; no data of its own."""
