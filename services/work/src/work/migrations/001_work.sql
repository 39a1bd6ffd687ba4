-- Items of work with their facts, the catalogue of products, initiatives, outages, and a replica of the organization.
-- Units are thousandths. Numbers of status, kind and basis are those of the contract congvu.work.v1.

CREATE TABLE products (
    product_code        text NOT NULL,
    name                text NOT NULL,
    complexity_group    smallint NOT NULL CHECK (complexity_group BETWEEN 1 AND 5),
    standard_units      bigint NOT NULL CHECK (standard_units > 0),
    standard_term_hours integer NOT NULL CHECK (standard_term_hours > 0),
    recurring           boolean NOT NULL,
    is_leading          boolean NOT NULL,
    valid_from          date NOT NULL,
    valid_to            date CHECK (valid_to > valid_from),
    PRIMARY KEY (product_code, valid_from)
);

-- The state of each item: the fold of its facts. Room on the pages keeps updates of status from touching the indexes.
CREATE TABLE works (
    work_id            text PRIMARY KEY,
    status             smallint NOT NULL,
    kind               smallint NOT NULL,
    basis              smallint NOT NULL,
    title              text NOT NULL,
    officer_id         text NOT NULL,
    unit_id            text NOT NULL,
    product_code       text NOT NULL,
    standard_units     bigint NOT NULL CHECK (standard_units >= 0),
    assigned_at        timestamptz,
    held_since         timestamptz,
    due_at             timestamptz,
    finished_at        timestamptz,
    whole_id           text NOT NULL,
    requesting_unit_id text NOT NULL,
    waiting_work_id    text NOT NULL,
    latest             timestamptz NOT NULL,
    revision           bigint NOT NULL CHECK (revision > 0),
    ours               boolean NOT NULL
) WITH (fillfactor = 80);

CREATE INDEX works_by_officer ON works (officer_id, work_id);
CREATE INDEX works_by_unit ON works (unit_id, work_id);
CREATE INDEX works_by_due ON works (due_at);
CREATE INDEX works_by_whole ON works (whole_id) WHERE whole_id <> '';

-- Every fact as it was published. The fingerprint is that of the content as sent in.
CREATE TABLE work_events (
    event_id    text PRIMARY KEY,
    work_id     text NOT NULL,
    revision    bigint NOT NULL CHECK (revision > 0),
    fingerprint bigint NOT NULL,
    value       bytea NOT NULL,
    UNIQUE (work_id, revision)
);

CREATE TABLE mends (
    mend_id text PRIMARY KEY,
    value   bytea NOT NULL
);

CREATE TABLE initiatives (
    initiative_id text PRIMARY KEY,
    title         text NOT NULL,
    status        smallint NOT NULL,
    officer_ids   text[] NOT NULL,
    unit_ids      text[] NOT NULL,
    shares        bigint[] NOT NULL
);

CREATE TABLE outages (
    outage_id text PRIMARY KEY,
    began_at  timestamptz NOT NULL,
    ended_at  timestamptz NOT NULL CHECK (ended_at > began_at),
    reason    text NOT NULL
);

-- The organization as its events tell it; the highest revision of each unit and officer.
CREATE TABLE known_units (
    unit_id       text PRIMARY KEY,
    revision      bigint NOT NULL,
    successor_ids text[] NOT NULL
);

CREATE TABLE known_unit_versions (
    unit_id    text NOT NULL REFERENCES known_units ON DELETE CASCADE,
    valid_from date NOT NULL,
    valid_to   date,
    parent_id  text NOT NULL,
    PRIMARY KEY (unit_id, valid_from)
);

CREATE TABLE known_officers (
    officer_id text PRIMARY KEY,
    revision   bigint NOT NULL
);

CREATE TABLE known_posts (
    officer_id text NOT NULL REFERENCES known_officers ON DELETE CASCADE,
    unit_id    text NOT NULL,
    is_head    boolean NOT NULL,
    valid_from date NOT NULL,
    valid_to   date
);

CREATE INDEX known_posts_by_officer ON known_posts (officer_id);
CREATE INDEX known_posts_by_unit ON known_posts (unit_id) WHERE is_head;

-- [began_at, ended_at) are the leave's days as instants.
CREATE TABLE known_leaves (
    officer_id    text NOT NULL REFERENCES known_officers ON DELETE CASCADE,
    first_day     date NOT NULL,
    last_day      date NOT NULL,
    began_at      timestamptz NOT NULL,
    ended_at      timestamptz NOT NULL,
    registered_at timestamptz NOT NULL
);

CREATE INDEX known_leaves_by_officer ON known_leaves (officer_id);
