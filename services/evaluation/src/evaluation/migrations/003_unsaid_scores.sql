-- What has not been said yet is a row of its own, so that neither saying nor scoring writes a whole scorecard or an index once more.
DROP INDEX scores_unsaid;
CREATE TABLE unsaid_scores (
    subject text NOT NULL,
    month   int NOT NULL,
    policy  text NOT NULL,
    PRIMARY KEY (subject, month, policy)
);
INSERT INTO unsaid_scores (subject, month, policy) SELECT subject, month, policy FROM scores WHERE unsaid;
ALTER TABLE scores DROP COLUMN unsaid;

-- Room on each page for the new versions of its scorecards: a change then touches one page only.
ALTER TABLE scores SET (fillfactor = 50);
-- The table is small and always changing: who looks for what is unsaid must not walk over dead rows.
ALTER TABLE unsaid_scores SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);
