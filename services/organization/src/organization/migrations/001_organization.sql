-- Units, officers and accounts. Periods are half-open days; valid_to is null while in force.
-- What binds several rows (no cycle, one head a day, posts within their unit) is checked by the domain, one writer at a time.

CREATE TABLE units (
    unit_id       text PRIMARY KEY,
    kind          text NOT NULL CHECK (kind IN ('city', 'department', 'commune', 'division')),
    successor_ids text[] NOT NULL DEFAULT '{}',
    revision      bigint NOT NULL CHECK (revision > 0)
);

CREATE UNIQUE INDEX one_city ON units (kind) WHERE kind = 'city';

CREATE TABLE unit_versions (
    unit_id    text NOT NULL REFERENCES units,
    valid_from date NOT NULL,
    valid_to   date CHECK (valid_to > valid_from),
    name       text NOT NULL,
    parent_id  text NOT NULL,
    PRIMARY KEY (unit_id, valid_from)
);

CREATE TABLE officers (
    officer_id text PRIMARY KEY,
    full_name  text NOT NULL,
    category   text NOT NULL CHECK (category IN ('cadre', 'civil_servant', 'public_employee', 'contract')),
    revision   bigint NOT NULL CHECK (revision > 0)
);

CREATE TABLE posts (
    officer_id     text NOT NULL REFERENCES officers,
    post_id        text NOT NULL,
    unit_id        text NOT NULL REFERENCES units,
    role           text NOT NULL CHECK (role IN ('head', 'deputy', 'staff')),
    valid_from     date NOT NULL,
    valid_to       date CHECK (valid_to > valid_from),
    field_unit_ids text[] NOT NULL DEFAULT '{}',
    title          text NOT NULL DEFAULT '',
    PRIMARY KEY (officer_id, post_id)
);

CREATE INDEX posts_by_unit ON posts (unit_id);
CREATE INDEX posts_by_field ON posts USING gin (field_unit_ids);

CREATE TABLE leaves (
    officer_id    text NOT NULL REFERENCES officers,
    leave_id      text NOT NULL,
    kind          text NOT NULL CHECK (kind IN ('annual', 'sick', 'maternity', 'unpaid')),
    first_day     date NOT NULL,
    last_day      date NOT NULL CHECK (last_day >= first_day),
    registered_at timestamptz NOT NULL,
    PRIMARY KEY (officer_id, leave_id)
);

-- password_hash is null for an account that cannot sign in, officer_id for one that is no officer's. failed_tries counts since the last good one.
CREATE TABLE accounts (
    username      text PRIMARY KEY,
    password_hash text,
    officer_id    text REFERENCES officers,
    roles         text[] NOT NULL,
    failed_tries  integer NOT NULL DEFAULT 0,
    locked_until  timestamptz
);
