-- What evaluation keeps. All of it can be made afresh from the log (verb `recompute`). Instants are microseconds since 1970 UTC, months are
-- counted (year * 12 + month - 1), vectors hold the measures in the order of domain/measures.py.

CREATE TABLE items (
    work_id       text PRIMARY KEY,
    partition     smallint NOT NULL,
    last_revision bigint NOT NULL,
    facts         json NOT NULL,
    title         text NOT NULL DEFAULT '',
    state         text NOT NULL DEFAULT 'announced',
    officer_id    text NOT NULL DEFAULT '',
    unit_id       text NOT NULL DEFAULT '',
    due_at        bigint,
    -- When the clock alone changes what the item adds.
    next_tick     bigint
);
CREATE INDEX items_next_tick ON items (partition, next_tick) WHERE next_tick IS NOT NULL;

-- What each item adds at present: the evidence of every score.
CREATE TABLE contributions (
    work_id   text NOT NULL,
    subject   text NOT NULL,
    unit_id   text NOT NULL,
    month     int NOT NULL,
    request   boolean NOT NULL,
    vector    bigint[] NOT NULL,
    PRIMARY KEY (work_id, subject, unit_id, month, request)
);
CREATE INDEX contributions_subject ON contributions (subject, month);
CREATE INDEX contributions_unit ON contributions (unit_id, month);

-- The contributions added up; keyed by partition, so that each row has one writer.
CREATE TABLE sums (
    partition smallint NOT NULL,
    subject   text NOT NULL,
    unit_id   text NOT NULL,
    month     int NOT NULL,
    request   boolean NOT NULL,
    vector    bigint[] NOT NULL,
    PRIMARY KEY (subject, month, unit_id, request, partition)
);
CREATE INDEX sums_unit ON sums (unit_id, month);

CREATE FUNCTION add_vectors(a bigint[], b bigint[]) RETURNS bigint[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$ SELECT array_agg(coalesce(x, 0) + coalesce(y, 0) ORDER BY place) FROM unnest(a, b) WITH ORDINALITY AS both_vectors (x, y, place) $$;

CREATE TABLE parked (
    partition   smallint NOT NULL,
    "offset"    bigint NOT NULL,
    work_id     text NOT NULL,
    event_id    text NOT NULL,
    revision    bigint NOT NULL,
    received_at bigint NOT NULL,
    value       bytea NOT NULL,
    fact        json,
    reason      text NOT NULL,
    behind      boolean NOT NULL,
    PRIMARY KEY (partition, "offset")
);
CREATE INDEX parked_work ON parked (work_id);

-- Subjects whose month is to be scored again; marked in the transaction that changed its sums.
CREATE TABLE scores_due (
    subject   text NOT NULL,
    month     int NOT NULL,
    partition smallint NOT NULL,
    -- The months after it as well: a flow changed.
    onwards   boolean NOT NULL,
    marked_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (subject, month, partition)
);

CREATE TABLE units (
    unit_id  text PRIMARY KEY,
    revision bigint NOT NULL,
    state    json NOT NULL
);

CREATE TABLE officers (
    officer_id text PRIMARY KEY,
    revision   bigint NOT NULL,
    state      json NOT NULL
);

CREATE TABLE findings (
    subject     text NOT NULL,
    revision    bigint NOT NULL,
    event_id    text NOT NULL,
    month       int NOT NULL,
    kind        text NOT NULL,
    occurred_at bigint NOT NULL,
    recorded_at bigint NOT NULL,
    state       json NOT NULL,
    PRIMARY KEY (subject, revision)
);
CREATE INDEX findings_month ON findings (month);

-- Numbers the findings that this service itself publishes.
CREATE TABLE finding_numbers (
    subject  text NOT NULL,
    revision bigint NOT NULL,
    event_id text NOT NULL,
    content  bytea NOT NULL,
    PRIMARY KEY (subject, revision),
    UNIQUE (event_id)
);

CREATE TABLE scores (
    subject   text NOT NULL,
    month     int NOT NULL,
    policy    text NOT NULL,
    -- Hundredths of a point.
    points    bigint,
    -- congvu.evaluation.v1.Scorecard without what changes by time alone.
    card      bytea NOT NULL,
    -- Not yet in an event of `congvu.evaluation.v1`.
    unsaid    boolean NOT NULL,
    PRIMARY KEY (subject, month, policy)
);
CREATE INDEX scores_month ON scores (month, policy);
CREATE INDEX scores_unsaid ON scores (subject) WHERE unsaid;

CREATE TABLE announcements (
    subject  text PRIMARY KEY,
    revision bigint NOT NULL,
    said_at  timestamptz NOT NULL
);

-- How far the scorer has gone by the clock: months begin and cut-offs pass.
CREATE TABLE scorer_clock (
    only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    as_of    bigint,
    -- Whose turn it was last.
    scorer   text NOT NULL DEFAULT ''
);
INSERT INTO scorer_clock DEFAULT VALUES;

-- Months in which everybody has a scorecard.
CREATE TABLE months (
    month int PRIMARY KEY
);
