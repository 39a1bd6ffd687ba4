-- An item is one row that holds what it adds, so that a fact costs one row read and one row written, whatever the history.

ALTER TABLE items RENAME TO items_before;
ALTER INDEX items_pkey RENAME TO items_before_pkey;
DROP INDEX items_next_tick;

-- Half of each page is left for the new versions of its rows, and no column but the key is in an index: a change then touches one page only.
CREATE TABLE items (
    work_id       text PRIMARY KEY,
    last_revision bigint NOT NULL,
    -- When the clock alone changes what the item adds; `ticks` finds it.
    next_tick     bigint,
    state         text NOT NULL,
    -- What it adds at present, as JSON: [[[subject, unit, month, request], {measure: value, …}], …].
    adds          text NOT NULL,
    -- Its facts, as JSON without the outer brackets: a new one is put at the end.
    facts         text NOT NULL
) WITH (fillfactor = 50);

INSERT INTO items (work_id, last_revision, next_tick, state, adds, facts)
SELECT work_id, last_revision, next_tick, state, coalesce(adds, '[]'),
       substring(btrim(facts::text) FROM 2 FOR length(btrim(facts::text)) - 2)
  FROM items_before
  LEFT JOIN (
        SELECT work_id,
               json_agg(json_build_array(json_build_array(subject, unit_id, month, request),
                        (SELECT json_object_agg(measure, value)
                           FROM unnest(ARRAY['planned', 'pending_planned', 'carried_planned', 'carried_items', 'done', 'done_failed_1',
                                             'done_failed_2', 'done_failed_3', 'done_failed_4', 'done_late_1', 'done_late_2',
                                             'done_late_3', 'done_late_4', 'due_units', 'due_items', 'missed_items', 'on_time_units',
                                             'on_time_items', 'pending_units', 'pending_items', 'completed_items', 'proactive_items',
                                             'undecided_items', 'ratings', 'rating_stars', 'amended_items', 'initiative_credit'],
                                       vector) AS part (measure, value)
                          WHERE value <> 0)))::text AS adds
          FROM contributions
         WHERE 0 <> ANY (vector)
         GROUP BY work_id
       ) AS added USING (work_id);

-- Which items to look at when a moment comes. A row stays when its item has moved on: what counts is the item's own next_tick.
CREATE TABLE ticks (
    partition smallint NOT NULL,
    next_tick bigint NOT NULL,
    work_id   text NOT NULL
);
INSERT INTO ticks (partition, next_tick, work_id)
SELECT partition, next_tick, work_id FROM items_before WHERE next_tick IS NOT NULL;
CREATE INDEX ticks_next ON ticks (partition, next_tick);

-- Which items add to someone's months in a unit, from the first of these months on: the way from a score to its evidence. Written when an item
-- comes or goes, not when what it adds changes.
CREATE TABLE evidence (
    subject text NOT NULL,
    month   int NOT NULL,
    unit_id text NOT NULL,
    work_id text NOT NULL,
    PRIMARY KEY (subject, month, unit_id, work_id)
);
INSERT INTO evidence (subject, month, unit_id, work_id)
SELECT subject, min(month), unit_id, work_id FROM contributions WHERE 0 <> ANY (vector) GROUP BY subject, unit_id, work_id ORDER BY 1, 2, 3, 4;

DROP TABLE contributions;
DROP TABLE items_before;

ALTER TABLE sums SET (fillfactor = 50);

-- Written out, it becomes part of the statement that calls it. A vector of an older, shorter order ends earlier.
CREATE OR REPLACE FUNCTION add_vectors(a bigint[], b bigint[]) RETURNS bigint[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$ SELECT ARRAY[
        coalesce(a[1], 0) + coalesce(b[1], 0), coalesce(a[2], 0) + coalesce(b[2], 0), coalesce(a[3], 0) + coalesce(b[3], 0),
        coalesce(a[4], 0) + coalesce(b[4], 0), coalesce(a[5], 0) + coalesce(b[5], 0), coalesce(a[6], 0) + coalesce(b[6], 0),
        coalesce(a[7], 0) + coalesce(b[7], 0), coalesce(a[8], 0) + coalesce(b[8], 0), coalesce(a[9], 0) + coalesce(b[9], 0),
        coalesce(a[10], 0) + coalesce(b[10], 0), coalesce(a[11], 0) + coalesce(b[11], 0), coalesce(a[12], 0) + coalesce(b[12], 0),
        coalesce(a[13], 0) + coalesce(b[13], 0), coalesce(a[14], 0) + coalesce(b[14], 0), coalesce(a[15], 0) + coalesce(b[15], 0),
        coalesce(a[16], 0) + coalesce(b[16], 0), coalesce(a[17], 0) + coalesce(b[17], 0), coalesce(a[18], 0) + coalesce(b[18], 0),
        coalesce(a[19], 0) + coalesce(b[19], 0), coalesce(a[20], 0) + coalesce(b[20], 0), coalesce(a[21], 0) + coalesce(b[21], 0),
        coalesce(a[22], 0) + coalesce(b[22], 0), coalesce(a[23], 0) + coalesce(b[23], 0), coalesce(a[24], 0) + coalesce(b[24], 0),
        coalesce(a[25], 0) + coalesce(b[25], 0), coalesce(a[26], 0) + coalesce(b[26], 0), coalesce(a[27], 0) + coalesce(b[27], 0)] $$;

-- Subjects whose month is to be scored again; a batch adds its own row in the transaction that changed their sums, and touches no other.
ALTER TABLE scores_due RENAME TO scores_due_before;
ALTER INDEX scores_due_pkey RENAME TO scores_due_before_pkey;
CREATE TABLE scores_due (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    month     int NOT NULL,
    -- The months after it as well: a flow changed.
    onwards   boolean NOT NULL,
    -- Who marked: a partition of work, or another writer (below 0).
    partition smallint NOT NULL,
    -- None: everyone who has a score in the month.
    subjects  text[],
    -- How many, everyone being many.
    number    int NOT NULL GENERATED ALWAYS AS (coalesce(cardinality(subjects), 20000)) STORED,
    marked_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
INSERT INTO scores_due (month, onwards, partition, subjects)
SELECT month, onwards, partition, array_agg(subject) FROM scores_due_before GROUP BY month, onwards, partition;
DROP TABLE scores_due_before;
-- The table is small and always changing: the scorer must not walk over dead rows.
ALTER TABLE scores_due SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);
ALTER TABLE ticks SET (autovacuum_vacuum_scale_factor = 0.05);
