-- Products that officers miss in the catalogue. Numbers of status are those of the contract congvu.work.v1.
CREATE TABLE product_proposals (
    proposal_id  text PRIMARY KEY,
    officer_id   text NOT NULL,
    name         text NOT NULL,
    description  text NOT NULL,
    status       smallint NOT NULL,
    proposed_at  timestamptz NOT NULL,
    decided_at   timestamptz,
    decided_by   text NOT NULL,
    reason       text NOT NULL,
    product_code text NOT NULL
);

CREATE INDEX product_proposals_by_time ON product_proposals (proposed_at DESC, proposal_id);
CREATE INDEX product_proposals_by_officer ON product_proposals (officer_id, proposed_at DESC);
