-- Lists of initiatives, the latest first. When those of before were proposed is not known.
ALTER TABLE initiatives ADD COLUMN proposed_at timestamptz NOT NULL DEFAULT '-infinity';
ALTER TABLE initiatives ALTER COLUMN proposed_at DROP DEFAULT;

CREATE INDEX initiatives_by_time ON initiatives (proposed_at DESC, initiative_id);
CREATE INDEX initiatives_by_officer ON initiatives USING gin (officer_ids);
