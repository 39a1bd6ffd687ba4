-- What evaluation keeps. All of it can be made afresh from the log (verb `recompute`). Instants are microseconds since 1970 UTC, months are
-- counted (year * 12 + month - 1), vectors hold the measures in the order of domain/measures.py.

create table items (
    work_id       text primary key,
    partition     smallint not null,
    last_revision bigint not null,
    facts         json not null,
    title         text not null default '',
    state         text not null default 'announced',
    officer_id    text not null default '',
    unit_id       text not null default '',
    due_at        bigint,
    -- When the clock alone changes what the item adds.
    next_tick     bigint
);
create index items_next_tick on items (partition, next_tick) where next_tick is not null;

-- What each item adds at present: the evidence of every score.
create table contributions (
    work_id   text not null,
    subject   text not null,
    unit_id   text not null,
    month     int not null,
    request   boolean not null,
    vector    bigint[] not null,
    primary key (work_id, subject, unit_id, month, request)
);
create index contributions_subject on contributions (subject, month);

-- The contributions added up; keyed by partition, so that each row has one writer.
create table sums (
    partition smallint not null,
    subject   text not null,
    unit_id   text not null,
    month     int not null,
    request   boolean not null,
    vector    bigint[] not null,
    primary key (subject, month, unit_id, request, partition)
);
create index sums_unit on sums (unit_id, month);

create function add_vectors(a bigint[], b bigint[]) returns bigint[]
    language sql immutable parallel safe
    as $$ select array_agg(coalesce(x, 0) + coalesce(y, 0) order by place) from unnest(a, b) with ordinality as both_vectors (x, y, place) $$;

create table parked (
    partition   smallint not null,
    "offset"    bigint not null,
    work_id     text not null,
    event_id    text not null,
    revision    bigint not null,
    received_at bigint not null,
    value       bytea not null,
    fact        json,
    reason      text not null,
    behind      boolean not null,
    primary key (partition, "offset")
);
create index parked_work on parked (work_id);

-- Subjects whose month is to be scored again; marked in the transaction that changed its sums.
create table scores_due (
    subject   text not null,
    month     int not null,
    partition smallint not null,
    marked_at timestamptz not null default clock_timestamp(),
    primary key (subject, month, partition)
);

create table units (
    unit_id  text primary key,
    revision bigint not null,
    state    json not null
);

create table officers (
    officer_id text primary key,
    revision   bigint not null,
    state      json not null
);

create table findings (
    subject     text not null,
    revision    bigint not null,
    event_id    text not null,
    month       int not null,
    kind        text not null,
    occurred_at bigint not null,
    recorded_at bigint not null,
    state       json not null,
    primary key (subject, revision)
);
create index findings_month on findings (month);

-- Numbers the findings that this service itself publishes.
create table finding_numbers (
    subject  text not null,
    revision bigint not null,
    event_id text not null,
    content  bytea not null,
    primary key (subject, revision),
    unique (event_id)
);

create table scores (
    subject   text not null,
    month     int not null,
    policy    text not null,
    points    bigint,
    card      json not null,
    as_of     bigint not null,
    -- Not yet in an event of `congvu.evaluation.v1`.
    unsaid    boolean not null,
    primary key (subject, month, policy)
);
create index scores_month on scores (month, policy);
create index scores_unsaid on scores (subject) where unsaid;

create table announcements (
    subject  text primary key,
    revision bigint not null,
    said_at  timestamptz not null
);

-- How far the scorer has gone by the clock: months begin and cut-offs pass.
create table scorer_clock (
    only_one boolean primary key default true check (only_one),
    as_of    bigint not null
);
