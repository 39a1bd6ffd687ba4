"""`make bench`: speed as ratios within one run on one machine, never as a test that passes or fails by the clock."""
