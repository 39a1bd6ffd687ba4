"""Policies are read once, and refused with the file and the line."""

from pathlib import Path

import pytest

import evaluation
from evaluation.domain.periods import parse_month
from evaluation.domain.policies import FACT_NAMES, MEASURE_NAMES, Band, PolicyError, load_policies
from evaluation.domain.scoring import Context

OWN = Path(evaluation.__file__).parent / "policies"

SMALL = """\
name: small
version: "1"
title: {vi: Nhỏ, en: Small}
legal_reference: local
valid: {from: 2026-01, to: 2026-07}
officer: &sheet
  weights_sum: 3
  indicators:
    - id: quantity
      name: {vi: Số lượng, en: Quantity}
      weight: 1
      numerator: work_done
      denominator: work_planned
      legal_reference: local
    - id: unity
      name: {vi: Đoàn kết, en: Unity}
      weight: 2
      numerator: "lasting_disunity ? 1 : 2"
      denominator: "2"
      posts: [head]
      legal_reference: local
  combine:
    how: weighted mean
    scale: 100
    general: false
    missing: spread
    without: {vi: không có, en: nothing}
  bands:
    - {band: good, at_least: 70}
    - {band: not_completed, at_least: 0}
  rules:
    - id: late
      when: work_missed_items > 0
      text: {vi: Trễ, en: late}
      legal_reference: local
unit: *sheet
"""


def test_both_policies_of_the_service_are_understood() -> None:
    policies = load_policies(OWN)
    assert policies.names == ("decree-335", "pilot-seven-groups")
    for policy in policies.versions:
        for sheet in (policy.officer, policy.unit):
            assert set(sheet.measures) <= MEASURE_NAMES
            assert set(sheet.facts) <= FACT_NAMES
            assert sheet.passing == 5000


def test_a_policy_is_in_force_from_its_first_month_until_before_its_end(tmp_path: Path) -> None:
    (tmp_path / "small.yaml").write_text(SMALL)
    policies = load_policies(tmp_path)
    in_force = [
        policies.in_force("small", parse_month(month)) for month in ("2025-12", "2026-01", "2026-06", "2026-07")
    ]
    assert [policy is not None for policy in in_force] == [False, True, True, False]
    assert policies.in_force("other", parse_month("2026-03")) is None


def test_the_next_version_takes_over_in_its_first_month(tmp_path: Path) -> None:
    (tmp_path / "b.yaml").write_text(SMALL)
    later = SMALL.replace('version: "1"', 'version: "2"').replace("{from: 2026-01, to: 2026-07}", "{from: 2026-07}")
    (tmp_path / "a.yaml").write_text(later)
    policies = load_policies(tmp_path)
    versions = [policies.in_force("small", parse_month(month)) for month in ("2026-06", "2026-07")]
    assert [policy.version for policy in versions if policy] == ["1", "2"]
    assert policies.names == ("small",)


def test_every_fact_that_expressions_may_name_is_a_fact_of_the_context() -> None:
    assert all(getattr(Context(), name) is False for name in FACT_NAMES)


def test_what_a_policy_says_is_what_is_read(tmp_path: Path) -> None:
    (tmp_path / "small.yaml").write_text(SMALL)
    sheet = load_policies(tmp_path).versions[0].officer
    quantity, unity = sheet.indicators
    assert (quantity.name.vi, quantity.weight, quantity.numerator.source) == ("Số lượng", 1, "work_done")
    assert (quantity.shows_work, unity.shows_work) == (True, False)
    assert (set(quantity.posts), set(unity.posts)) == (set(), {"head"})
    assert [(level.band, level.at_least) for level in sheet.levels] == [(Band.GOOD, 7000), (Band.NOT_COMPLETED, 0)]
    assert sheet.measures == ("work_done", "work_missed_items", "work_planned")
    assert sheet.facts == ("lasting_disunity",)


@pytest.mark.parametrize(
    ("good", "bad", "says"),
    [
        ("numerator: work_done", "numerator: work_dnoe", '"work_dnoe" is neither a measure nor a known fact'),
        ("numerator: work_done", "numerator: work_done +", "not CEL"),
        ("numerator: work_done", "numerator: work_done / 2", "not allowed"),
        ("numerator: work_done", "numerator: size([work_done])", "not allowed"),
        ("numerator: work_done", "numerator: work_done > 1", "must give an integer"),
        ("numerator: work_done", "numerator: 1.5 * 2.0", "must give an integer"),
        ("numerator: work_done", "numerator: work_done + lasting_delay", "does not work"),
        ("when: work_missed_items > 0", "when: work_missed_items", "must give true or false"),
        ("when: work_missed_items > 0", "when: points > 90", '"points" is neither'),
        ("weights_sum: 3", "weights_sum: 4", "add up to 3, not to 4"),
        ("scale: 100", "scale: 101", "greater than the maximum"),
        ("missing: spread", "missing: zero", "is not one of"),
        ("missing: spread", "mising: spread", "'mising' was unexpected"),
        ("  - id: unity", "  - id: quantity", '"quantity" stands here twice'),
        ("valid: {from: 2026-01, to: 2026-07}", "valid: {from: 2026-13}", "does not match"),
        ("valid: {from: 2026-01, to: 2026-07}", "valid: {from: 2026-07, to: 2026-07}", "ends before it begins"),
        ("{band: good, at_least: 70}", "{band: good, at_least: 70, below: 70}", "the band is empty"),
        ("{band: good, at_least: 70}", "{band: great, at_least: 70}", "is not one of"),
        ("posts: [head]", "posts: [boss]", "is not one of"),
        ("unit: *sheet", "unit: *sheets", "not YAML"),
    ],
)
def test_a_wrong_policy_is_refused_with_its_line(tmp_path: Path, good: str, bad: str, says: str) -> None:
    text = SMALL.replace(good, bad)
    changed = [old != new for old, new in zip(SMALL.splitlines(), text.splitlines(), strict=False)]
    line = changed.index(True) + 1
    file = tmp_path / "wrong.yaml"
    file.write_text(text)
    with pytest.raises(PolicyError) as refused:
        load_policies(tmp_path)
    assert str(refused.value).startswith(f"{file}:{line}: ")
    assert says in str(refused.value)


def test_a_key_that_stands_twice_is_refused_at_the_second(tmp_path: Path) -> None:
    (tmp_path / "wrong.yaml").write_text(SMALL.replace("    scale: 100", "    scale: 100\n    scale: 70"))
    with pytest.raises(PolicyError, match=r'wrong\.yaml:25: "scale" stands here twice'):
        load_policies(tmp_path)


def test_what_is_missing_is_refused_at_what_it_is_missing_from(tmp_path: Path) -> None:
    (tmp_path / "wrong.yaml").write_text(SMALL.replace("      weight: 2\n", ""))
    with pytest.raises(PolicyError, match=r"wrong\.yaml:15: 'weight' is a required property"):
        load_policies(tmp_path)


@pytest.mark.parametrize("text", ["", "- a list", "just text"])
def test_a_file_that_is_no_policy_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "wrong.yaml").write_text(text)
    with pytest.raises(PolicyError, match=r"wrong\.yaml:1: .*is not of type 'object'"):
        load_policies(tmp_path)


def test_a_folder_without_policies_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match="there is no policy here"):
        load_policies(tmp_path)


def test_two_versions_in_force_in_one_month_are_refused_at_the_later(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(SMALL.replace("{from: 2026-01, to: 2026-07}", "{from: 2026-06}"))
    (tmp_path / "b.yaml").write_text(SMALL)
    with pytest.raises(PolicyError, match=r"a\.yaml:5: .* begins in 2026-06, when version 1 \(b\.yaml\) is still"):
        load_policies(tmp_path)
