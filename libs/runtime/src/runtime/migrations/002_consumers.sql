-- Who reads a topic in this service: those who are seen share its partitions, in the order of their arrival.
CREATE TABLE event_consumers (
    topic text NOT NULL,
    owner text NOT NULL,
    since timestamptz NOT NULL DEFAULT clock_timestamp(),
    seen_until timestamptz NOT NULL,
    PRIMARY KEY (topic, owner)
);
