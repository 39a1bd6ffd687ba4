"""What the work service says when it refuses, in the words of people who fill in forms."""

import re

_KNOWN = (
    ("only its officer may do this", "Only whoever holds the work may do this."),
    ("^Only the head of unit", "Only the head of its unit, or of a unit above it, may do this."),
    ("(is|was) your own work: another head", "It is or was your own work: another head decides about it."),
    ("neither yours nor of a unit", "The work is neither yours nor of a unit that you head: you cannot ask for it."),
    (
        "already with other content",
        "This form was sent before with other content: reload the page and fill it in again.",
    ),
    ("answering unit is the asking one", "That is the unit that asks: choose another unit."),
    ("is answered by its officer", "The request is answered by the officer who holds it."),
    ("held by unit .* only its head may answer", "The request lies with the unit: only its head may answer."),
    ("^Only officers with a post in unit", "Only officers with a post in its unit or below may take the work."),
    ("was yours before", "The work was yours before: only its head can give it to you again."),
    ("^Unit .* is unknown", "There is no such unit: choose one of the list."),
    ("^Officer .* is unknown", "There is no such officer: choose one of the list."),
    ("has no post in unit", "The officer has no post in that unit today: choose another."),
    ("is held by .* already", "They hold the work already: choose another holder."),
    ("give the next holder a new one", "The due time has passed: give the next holder a new one."),
    ("has a holder already", "Someone has taken the work meanwhile."),
    (
        "no product gives it a standard term",
        "The due time has passed and no product gives the work a standard term: its head gives it out anew.",
    ),
    ("by no officer: nobody can hand it back", "Nobody holds the work."),
    ("is due at .* already", "That is the due time already: give another one."),
    (
        "before the end of the standard term",
        "That is before the end of the product's standard term: give a later due time.",
    ),
    ("before the old due time", "That is before the old due time: give a later one."),
    ("^due_at .* has passed|missing or not later|not later than the", "Give a due time later than now."),
    ("must be later than the due time that was missed", "Give a due time later than the one that was missed."),
    ("^due_at is missing", "Give a due time."),
    (
        "could be refused as misdirected until",
        "Misdirected work can be refused until the end of the next working day: ask its head to cancel it.",
    ),
    ("which only documents have", "That ground is for documents only."),
    ("which only dossiers have", "That ground is for dossiers only."),
    ("no due time that was missed", "That is no missed due time that could be excused."),
    ("no failed review that counts", "That is no failed review that could be excused."),
    ("has product .* already", "Its product is decided already."),
    ("waits for no answer|only .* work (can be|gets)", "The work has moved on meanwhile: look at where it stands now."),
    ("outside the years", "Give a day within the years 1900 to 2200."),
    ("is longer than 100 characters", "The code is too long: give at most 100 characters."),
    ("is longer than", "The text is too long: give at most 2,000 characters."),
    (
        "has a NUL character|blanks around it or unprintable|value that cannot be stored",
        "There are characters in it that cannot be used.",
    ),
    ("^(reason|note|title|name|description|declined|basis_reason|product_code|officer_id) is missing", "Fill this in."),
    ("^Product .* (is unknown|is not in the catalogue)", "Choose a product that is in force."),
    ("^Product .* is in the catalogue already", "The code belongs to another product: choose another code."),
    ("has complexity group", "Give a complexity group from 1 to 5."),
    ("has .* thousandths of a unit: give", "Give standard units from 0.001 to 99,999."),
    ("has a term of", "Give a standard term from 1 to 2,000 working hours."),
    ("^Give day and time", "Give day and time such as 2026-11-25T17:00."),
    ("^Give a whole number", "Give a whole number."),
    ("^Give standard units", "Give standard units such as 1,5, with at most three decimals."),
    ("^Tick grounds", "Tick grounds of the list."),
    ("^The initiative", "Name each author once, and at most 20."),
    ("^The review names a ground", "Tick grounds of the list."),
    ("extra work without a reason", "Say why it is outside the plan."),
    ("cannot be extra", "Dossiers, incoming documents and recurring products are always planned."),
    ("^Each share must|^The shares add up to", "The shares do not add up to the units of the product."),
    ("^The task has .* shares", "Name 1 to 50 people."),
    ("^Work without a decided product", "Several people share a product: choose it."),
    ("^Proposal .* is your own", "It is your own proposal: someone else decides about it."),
    ("^Proposal .* was .* by .* already", "Someone has decided about the proposal meanwhile."),
    ("^There is no work", "Someone has it meanwhile, or it is not there any more: reload the page."),
    ("^There is no (initiative|proposal)", "It does not exist any more: reload the page."),
    ("^Initiative .* is recognised already", "The initiative is recognised already."),
    ("is an author of the initiative|is the head of author", "Its authors and their own head cannot recognise it."),
    ("^Initiative .* is recognised from above", "A head above its authors recognises it, or an evaluator."),
    ("^The period .* (is not a month|lies outside)", "There is no such month: choose one of the list."),
    ("is not in force in|^No policy is in force", "That policy was not in force in the month: choose another one."),
    ("give up to 60 letters, digits", "This form cannot be sent again: reload the page and fill it in again."),
)
_PATTERNS = tuple((re.compile(pattern), sentence) for pattern, sentence in _KNOWN)


def plain_words(refusal: str) -> str:
    """The English sentence for people, to be said in a language; what is not known here stays as it is."""
    return next((sentence for pattern, sentence in _PATTERNS if pattern.search(refusal)), refusal)


SENTENCES = tuple(sentence for _, sentence in _KNOWN)
"""All of them, for the catalogue of translations."""
