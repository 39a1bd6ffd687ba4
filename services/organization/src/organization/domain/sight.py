"""Who sees what of an officer: everyone signed in sees name and posts, few see the leaves."""

from dataclasses import dataclass, replace
from datetime import date

from organization.domain.officers import Officer
from organization.domain.periods import in_force


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewer:
    """Who asks. `sees_all` by role; `led_unit_ids`: the units that they head today, with all below."""

    officer_id: str
    sees_all: bool
    led_unit_ids: frozenset[str] = frozenset()


def as_seen_by(viewer: Viewer, officer: Officer, *, today: date) -> Officer:
    """The officer with the leaves stripped unless the viewer is that officer, heads one of their units or a unit above
    today, or sees all by role."""
    own = bool(viewer.officer_id) and viewer.officer_id == officer.officer_id
    led = any(post.unit_id in viewer.led_unit_ids for post in officer.posts if in_force(post, today))
    return officer if viewer.sees_all or own or led else replace(officer, leaves=())
