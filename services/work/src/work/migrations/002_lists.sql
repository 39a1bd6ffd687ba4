-- Lists of a unit with all below it, of what is asked of others, and of what waits for whom; who assigned each item.

-- Changes once in an item's life, unlike the status, so that handing in touches no index.
ALTER TABLE works ADD COLUMN is_finished boolean NOT NULL GENERATED ALWAYS AS (status >= 4) STORED;
ALTER TABLE works ADD COLUMN assigner_id text NOT NULL DEFAULT '';

-- The length of a field and where its content begins: a varint of protobuf.
CREATE FUNCTION pg_temp.length_at(value bytea, place int, OUT size int, OUT content int) LANGUAGE plpgsql AS $$
DECLARE
    shift int := 0;
BEGIN
    size := 0;
    content := place;
    LOOP
        size := size | ((get_byte(value, content) & 127) << shift);
        shift := shift + 7;
        content := content + 1;
        EXIT WHEN get_byte(value, content - 1) < 128;
    END LOOP;
END $$;

-- The actor (field 6) of a serialised WorkEvent whose fact is Assigned (field 10); null for every other fact. The fields
-- stand in the order of their numbers; of those up to 6 only the revision (3) is a number.
CREATE FUNCTION pg_temp.assigner_in(value bytea) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    place int := 0;
    field record;
    actor text := '';
BEGIN
    WHILE place < length(value) LOOP
        CASE get_byte(value, place) >> 3
            WHEN 10 THEN
                RETURN actor;
            WHEN 1, 2, 4, 5, 6 THEN
                field := pg_temp.length_at(value, place + 1);
                IF get_byte(value, place) >> 3 = 6 THEN
                    actor := convert_from(substr(value, field.content + 1, field.size), 'UTF8');
                END IF;
                place := field.content + field.size;
            WHEN 3 THEN
                place := place + 1;
                WHILE get_byte(value, place) > 127 LOOP
                    place := place + 1;
                END LOOP;
                place := place + 1;
            ELSE
                RETURN NULL;
        END CASE;
    END LOOP;
    RETURN NULL;
END $$;

UPDATE works SET assigner_id = assigned.assigner_id
FROM (SELECT work_id, pg_temp.assigner_in(value) AS assigner_id FROM work_events) AS assigned
WHERE assigned.work_id = works.work_id AND assigned.assigner_id IS NOT NULL;

CREATE INDEX works_unfinished_by_officer ON works (officer_id, work_id) WHERE NOT is_finished;
CREATE INDEX works_unfinished_by_unit ON works (unit_id, work_id) WHERE NOT is_finished;
CREATE INDEX works_by_asking_unit ON works (requesting_unit_id, work_id) WHERE requesting_unit_id <> '';
CREATE INDEX works_by_waiting_work ON works (waiting_work_id) WHERE waiting_work_id <> '';
