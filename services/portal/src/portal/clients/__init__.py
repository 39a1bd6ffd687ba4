"""The doors of the other services; the only place that asks them. One module for each service."""

from portal.clients.doors import Connections, Doors
from portal.clients.evaluation import (
    get_median,
    get_scorecard,
    is_officer_card,
    list_open_items,
    list_points,
    list_visible,
    policies_in_force,
)
from portal.clients.organization import SignedIn, find_headed, sign_in

__all__ = [
    "Connections",
    "Doors",
    "SignedIn",
    "find_headed",
    "get_median",
    "get_scorecard",
    "is_officer_card",
    "list_open_items",
    "list_points",
    "list_visible",
    "policies_in_force",
    "sign_in",
]
