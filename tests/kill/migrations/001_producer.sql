-- Batches that the producer of the tests has committed: after a cut connection it looks here whether to send again.
CREATE TABLE batches (
    number int PRIMARY KEY
);
