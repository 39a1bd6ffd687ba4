"""What may happen to an item between its assignment and its end. Chances are those of the holder's habits."""

import random

from congvu.work.v1 import events_pb2 as work
from embedded.demo.datafiles import read_yaml
from embedded.demo.lifecycle import SYSTEM, Life
from embedded.demo.town import Town, Worker

_GROUNDS = (
    work.REVIEW_GROUND_LAW,
    work.REVIEW_GROUND_COMPETENCE,
    work.REVIEW_GROUND_FACTS,
    work.REVIEW_GROUND_FIGURES,
    work.REVIEW_GROUND_UNUSABLE,
)
# Grounds that a dossier has besides, and grounds found after the completion (L17).
_DOSSIER_GROUNDS = (*_GROUNDS, work.REVIEW_GROUND_SECOND_SUPPLEMENT)
_DOSSIER_LATE_GROUNDS = (work.REVIEW_GROUND_REVOKED, work.REVIEW_GROUND_COMPLAINT_UPHELD)
_LATE_GROUNDS = (work.REVIEW_GROUND_WITHDRAWN_AFTER_ISSUE, work.REVIEW_GROUND_FIGURES)
# Working days after which work given up turns up after all; mostly that is after today.
_LONG, _NEVER = 6, 45
_MOST_REVIEWS = 4


class Script:
    """Plays items through in one town."""

    def __init__(self, town: Town) -> None:
        self._town = town
        self._texts: dict[str, list[str]] = read_yaml("texts.yaml")

    def play(self, life: Life, *, reviewed: bool, rated: bool = False) -> None:
        """Everything after the assignment."""
        if not self._find_holder(life) or self._cancel(life):
            return
        self._change_hands(life)
        self.finish(life, reviewed=reviewed, rated=rated)

    def finish(self, life: Life, *, reviewed: bool, rated: bool = False) -> None:
        """From the work itself to the last fact."""
        ready = self._work_until(life, self._choose_end(life))
        if life.is_over:
            return
        if reviewed:
            self._review(life, ready)
        else:
            life.complete(ready, _holder_of(life).officer_id)
        if not life.is_over:
            self._look_back(life, rated=rated)

    def reviewer(self, life: Life) -> str:
        """Who assigns and reviews the item."""
        return self._town.reviewer_of(life.unit_id, life.holder.officer_id if life.holder else "")

    def excuser(self, life: Life) -> str:
        """Who confirms an objective cause: somebody above the one who assigned."""
        return self._town.reviewer_of(self._town.parents[life.unit_id], self.reviewer(life))

    def choose_text(self, rng: random.Random, key: str) -> str:
        """One of the sentences of texts.yaml."""
        choices = self._texts[key]
        return choices[int(rng.random() * len(choices))]

    def text(self, life: Life, key: str) -> str:
        """The same for an item."""
        return self.choose_text(life.rng, key)

    def _find_holder(self, life: Life) -> bool:
        """An item that the unit holds is given to somebody within two days, or to nobody."""
        if life.holder is not None:
            return True
        if life.rng.random() < 0.08:
            return False
        mark = life.at + _days(life, 0.1, 1.8)
        mate = self._town.mate_of(life.rng, life.unit_id, None, mark)
        if mate is not None:
            life.reassign(mark, self.reviewer(life), mate, life.unit_id)
        return mate is not None

    def _cancel(self, life: Life) -> bool:
        if life.rng.random() >= 0.018:
            return False
        end = life.at + int((life.due - life.at) * life.rng.uniform(0.05, 1.2))
        self._work_until(life, end)
        life.say(end, self.reviewer(life)).cancelled.reason = self.text(life, "cancel")
        return True

    def _change_hands(self, life: Life) -> None:
        """Handed back by somebody who cannot do it, or given to a colleague."""
        holder, chance = _holder_of(life), life.rng.random()
        if chance >= holder.habits.hand_back + 0.012 or life.due - life.at < life.hours.day // 4:
            return
        mark = self._work_until(life, life.at + int((life.due - life.at) * life.rng.uniform(0.15, 0.8)))
        is_handed_back, holder = chance < holder.habits.hand_back, _holder_of(life)
        if is_handed_back:
            life.say(mark, holder.officer_id).handed_back.reason = self.text(life, "hand_back")
            mark += _days(life, 0.1, 1.5)
        mate = self._town.mate_of(life.rng, life.unit_id, holder, mark)
        if mate is not None or is_handed_back:
            # After a hand-back with nobody else there the same officer gets it again.
            life.reassign(mark, self.reviewer(life), mate or holder, life.unit_id)

    def _choose_end(self, life: Life) -> int:
        """When the holder will be ready, after the changes of the due time on the way."""
        habits, random = _holder_of(life).habits, life.rng.random
        is_late = random() < (habits.miss_big if life.units >= 2500 else habits.miss) or life.due - life.at < 600
        if is_late and random() < 0.2:
            self._change_in_time(life)
            is_late = random() < habits.miss
        if is_late:
            return self._fall_late(life)
        room = life.due - life.at
        return life.at + int(room * (0.04 + 0.42 * random() if random() < habits.early else 0.53 + 0.46 * random()))

    def _change_in_time(self, life: Life) -> None:
        room = life.due - life.at
        if room > 3600:
            mark = life.at + int(room * life.rng.uniform(0.5, 0.97))
            due = life.evening(life.due, life.rng.randint(1, 4))
            life.change_due(mark, self.reviewer(life), due, work.DUE_CHANGE_CAUSE_ASSIGNER, self.text(life, "redate"))

    def _fall_late(self, life: Life) -> int:
        """The due time is missed; what is done about it before the work is ready or given up."""
        rng = life.rng
        given_up = rng.random() < _holder_of(life).habits.never
        days = rng.uniform(_LONG, _NEVER) if given_up else rng.expovariate(1.0 / 2.2)
        delay = 900 + int(days * life.hours.day)
        missed = max(life.due, life.at)
        end, chance = missed + delay, rng.random()
        mark = missed + 60 + int(min(delay, 5 * life.hours.day) * rng.uniform(0.2, 0.9))
        if missed != life.due or self._is_moved_before(life, mark):
            return end
        if chance < 0.14:
            due = life.evening(mark, rng.randint(1, 4))
            life.change_due(mark, self.reviewer(life), due, work.DUE_CHANGE_CAUSE_ASSIGNER, self.text(life, "redate"))
        elif chance < 0.19:
            mate = self._town.mate_of(rng, life.unit_id, life.holder, mark)
            if mate is not None:
                life.reassign(mark, self.reviewer(life), mate, life.unit_id)
        elif chance < 0.24:
            due = life.evening(mark, 3)
            life.excuse_delay(mark, self.excuser(life), self.text(life, "excuse"), missed=missed, due=due)
            life.due = due
        elif chance < 0.36:
            life.excusable = missed
        return end

    def _is_moved_before(self, life: Life, mark: int) -> bool:
        """Whether leave or a transfer touches the item first; then nothing else happens to it."""
        holder = _holder_of(life)
        return bool(holder.away) or any(life.at < since <= mark for since, _ in holder.moves)

    def _work_until(self, life: Life, end: int) -> int:
        """Leave and transfers of the holder up to `end`; the mark at which the work is ready then."""
        holder = _holder_of(life)
        for away in holder.away:
            end = self._step_aside(life, away, end)
        for since, unit_id in holder.moves:
            if end >= since and life.unit_id != unit_id:
                end = self._move_house(life, since, unit_id, end)
        return end

    def _step_aside(self, life: Life, away: tuple[int, int, int], end: int) -> int:
        first, back, registered = away
        mark = max(registered, life.at + 60)
        if first <= life.due < back and mark < end and mark <= life.due:
            due = life.evening(back, 0)
            life.change_due(mark, SYSTEM, due, work.DUE_CHANGE_CAUSE_LEAVE, self.text(life, "leave"))
        return back + _days(life, 0.05, 0.9) if first <= end < back else end

    def _move_house(self, life: Life, since: int, unit_id: str, end: int) -> int:
        """The item goes along, or stays and somebody takes it over; of a merged unit it goes along."""
        holder, mark = _holder_of(life), max(since, life.at) + _days(life, 0.01, 0.2)
        actor = self.reviewer(life)
        stays = self._town.parents[unit_id] != self._town.parents[life.unit_id] or life.rng.random() < 0.3
        mate = self._town.mate_of(life.rng, life.unit_id, holder, mark) if stays else None
        life.reassign(mark, actor, mate or holder, life.unit_id if mate else unit_id)
        return max(end, mark + 600)

    def _review(self, life: Life, ready: int) -> None:
        """Submissions and returns until one is accepted."""
        rng = life.rng
        for turn in range(_MOST_REVIEWS):
            habits, reviewer = _holder_of(life).habits, self.reviewer(life)
            life.hand_in(ready)
            mark = life.at + 300 + self._review_time(life)
            chance = rng.random()
            if chance >= habits.fail + habits.soft or turn == _MOST_REVIEWS - 1:
                life.complete(mark, reviewer)
                return
            grounds = _grounds_of(life) if chance < habits.fail else ()
            note = self.text(life, "review_note" if grounds else "soft_note")
            life.send_back(mark, reviewer, grounds, note, reopened=False)
            share = rng.uniform(1.05, 1.6) if rng.random() < habits.miss * 0.5 else rng.uniform(0.1, 0.95)
            ready = self._work_until(life, life.at + int((life.due - life.at) * share))
            if life.is_over:
                return

    def _review_time(self, life: Life) -> int:
        mean = self._town.offices[life.unit_id].review_days * life.hours.day
        return int(life.rng.expovariate(1.0 / mean))

    def _look_back(self, life: Life, *, rated: bool) -> None:
        """What may follow a completion: excuses, a citizen's stars, reopening."""
        rng = life.rng
        if life.excusable:
            mark, missed = life.at + _days(life, 0.2, 4.0), life.excusable
            life.excuse_delay(mark, self.excuser(life), self.text(life, "excuse"), missed=missed, due=None)
        for review in life.reviews:
            if rng.random() < 0.07:
                fact = life.say(life.at + _days(life, 0.1, 3.0), self.excuser(life)).review_excused
                fact.review_event_id, fact.reason = review, self.text(life, "review_excuse")
        if rated and rng.random() < 0.45:
            life.say(life.at + _days(life, 0.05, 4.0), "citizen").citizen_rated.stars = _stars(life)
        if rng.random() < 0.01 and _holder_of(life).habits.fail:
            self._reopen(life)

    def _reopen(self, life: Life) -> None:
        """Opened again, half of last month's work only after its cut-off."""
        frame = life.sheet.frame
        mark = life.at + _days(life, 0.5, 6.0)
        if life.at < frame.turned and life.rng.random() < 0.5:
            mark = frame.cut_off + _days(life, 0.1, 4.0)
        grounds = _grounds_of(life, late=True) if life.rng.random() < 0.75 else ()
        life.send_back(mark, self.reviewer(life), grounds, self.text(life, "reopen_note"), reopened=True)
        ready = self._work_until(life, life.at + int((life.due - life.at) * life.rng.uniform(0.2, 1.1)))
        life.hand_in(ready)
        life.complete(life.at + _days(life, 0.1, 1.0), self.reviewer(life))


def _holder_of(life: Life) -> Worker:
    if life.holder is None:
        raise ValueError(f"Item {life.work_id} has no holder.")
    return life.holder


def _grounds_of(life: Life, *, late: bool = False) -> tuple[work.ReviewGround.ValueType, ...]:
    choices: tuple[work.ReviewGround.ValueType, ...]
    if life.kind == work.WORK_KIND_DOSSIER:
        choices = _DOSSIER_LATE_GROUNDS if late else _DOSSIER_GROUNDS
    else:
        choices = _LATE_GROUNDS if late else _GROUNDS
    return (choices[int(life.rng.random() * len(choices))],)


def _days(life: Life, least: float, most: float) -> int:
    return int(life.rng.uniform(least, most) * life.hours.day)


def _stars(life: Life) -> int:
    holder = life.holder
    poor = holder is not None and holder.habits.miss > 0.05
    return life.rng.choices((1, 2, 3, 4, 5), weights=(8, 10, 22, 30, 30) if poor else (1, 2, 7, 30, 60))[0]
