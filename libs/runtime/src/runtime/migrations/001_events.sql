-- Events that are committed with the state and not published yet; the relay deletes what the log has taken.
CREATE TABLE outbox (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    topic text NOT NULL,
    key text NOT NULL,
    value bytea NOT NULL,
    headers jsonb NOT NULL
);

-- The table is small and always changing: the relay's read of the oldest rows must not walk over dead ones.
ALTER TABLE outbox SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);

-- Where this service stands in each partition that it reads, and who may move it.
CREATE TABLE event_positions (
    topic text NOT NULL,
    partition integer NOT NULL,
    next_offset bigint NOT NULL DEFAULT 0,
    owner text,
    lease_until timestamptz,
    watermark timestamptz,
    PRIMARY KEY (topic, partition)
);
