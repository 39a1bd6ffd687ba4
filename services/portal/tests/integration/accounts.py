"""Accounts of the demo city, for tests."""

PASSWORD = "demo-Hue-2026"
EVALUATOR, DEPARTMENT_HEAD, WARD_HEAD = "danhgia", "giamdoc.snv", "chutich.phuxuan"
OFFICER, WARD_OFFICER, FAR_OFFICER = "canbo.ccvc", "canbo.phuxuan", "canbo.aluoi"
