"""Rules that bind units and posts together."""

from collections.abc import Iterable, Mapping
from datetime import date

from organization.domain.officers import HeldPost, PostRole
from organization.domain.periods import first_overlap, in_force, in_words, lies_within
from organization.domain.tree import Tree, units_below
from organization.domain.units import Unit
from runtime.errors import InvalidInput


def check_posts(posts: Iterable[HeldPost], units: Mapping[str, Unit]) -> None:
    """Refuses a post in an unknown unit, outside its unit's validity, or with an unknown unit as its field."""
    for held in posts:
        post, place = held.post, f"Post {held.post.post_id} of officer {held.officer_id}"
        unit = units.get(post.unit_id)
        if unit is None:
            raise InvalidInput(f"{place} is in the unknown unit {post.unit_id!r}: establish it first.", field="unit_id")
        if not lies_within(post, unit):
            raise InvalidInput(
                f"{place} in unit {unit.unit_id} is valid {in_words(post)}, but the unit {in_words(unit)}: "
                "let the post lie within it.",
                field="valid_from" if post.valid_from < unit.valid_from else "valid_to",
            )
        if unknown := sorted(set(post.field_unit_ids) - units.keys()):
            raise InvalidInput(f"{place} has the unknown unit {unknown[0]!r} as its field.", field="field_unit_ids")


def check_heads(posts: Iterable[HeldPost]) -> None:
    """Refuses two heads of one unit on the same day."""
    by_unit: dict[str, list[HeldPost]] = {}
    for held in posts:
        if held.post.role is PostRole.HEAD:
            by_unit.setdefault(held.post.unit_id, []).append(held)
    for unit_id, heads in by_unit.items():
        if overlap := first_overlap(heads):
            posts_in_words = " and ".join(f"{held.officer_id} by post {held.post.post_id}" for held in overlap)
            raise InvalidInput(
                f"Unit {unit_id} has two heads on {overlap[1].valid_from}: {posts_in_words}; "
                "end one of the posts by that day.",
                field="role",
            )


def heads_as_of(posts: Iterable[HeldPost], day: date) -> dict[str, str]:
    """unit_id → officer_id of its head on the day; a unit without a head is absent."""
    heads = (held for held in posts if held.post.role is PostRole.HEAD and in_force(held.post, day))
    return {held.post.unit_id: held.officer_id for held in heads}


def units_led(officer_id: str, heads: Mapping[str, str], tree: Tree) -> frozenset[str]:
    """The units that the officer heads on the tree's day, with all units below them."""
    led = (units_below(tree, unit_id) for unit_id, head_id in heads.items() if head_id == officer_id)
    return frozenset().union(*led)
