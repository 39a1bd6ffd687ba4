"""Reads event logs of other systems (CSV, IEEE XES) and records them as work events.

From file to facts: `files` opens, `csv_rows` or `xes_rows` reads, `spill` sorts on disk, `items` gathers what a log
says about one item, `rules` makes facts of it, `people` makes units and officers, `door` sends. `command` ties them
together. What a mapping may say is in mapping.schema.json.
"""
