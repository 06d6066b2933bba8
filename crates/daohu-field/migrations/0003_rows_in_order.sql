-- Both tables grow at their end, whatever the ids are: with the id as their order a first pull wrote, and encrypted, nearly every page
-- of them anew with each chunk.

CREATE TABLE record_in_order (
    -- Disposable: what a record says now.
    id        BLOB PRIMARY KEY NOT NULL,
    kind      TEXT NOT NULL,
    place     INTEGER NOT NULL,
    household BLOB,
    author    BLOB NOT NULL,
    heads     BLOB NOT NULL,
    fields    TEXT NOT NULL,
    state     TEXT NOT NULL,
    -- Fields that two people wrote differently.
    conflicts TEXT NOT NULL,
    -- What is found by: a number, a name, a code.
    label     TEXT NOT NULL,
    newer     INTEGER NOT NULL
) STRICT;
INSERT INTO record_in_order SELECT id, kind, place, household, author, heads, fields, state, conflicts, label, newer FROM record;
DROP TABLE record;
ALTER TABLE record_in_order RENAME TO record;
CREATE INDEX record_kind ON record (kind, place, id);
CREATE INDEX record_household ON record (household, kind) WHERE household IS NOT NULL;
CREATE INDEX record_conflict ON record (id) WHERE conflicts <> '[]';

CREATE TABLE visit_in_order (
    -- Disposable: a visit by its month, so that a month is read without reading the others.
    id        BLOB PRIMARY KEY NOT NULL,
    household BLOB NOT NULL,
    month     TEXT NOT NULL,
    day       TEXT NOT NULL,
    start_ms  INTEGER NOT NULL,
    recorder  BLOB NOT NULL,
    mode      TEXT NOT NULL,
    state     TEXT NOT NULL,
    -- 1 when it counts as a visit in person (domain 3.3).
    counts    INTEGER NOT NULL,
    -- Who took part, ids joined by commas.
    persons   TEXT NOT NULL,
    absent    TEXT,
    confirmed INTEGER NOT NULL,
    backfill  INTEGER NOT NULL,
    duplicate INTEGER NOT NULL,
    -- When the server received it; null while it is on this device only.
    received_ms INTEGER
) STRICT;
INSERT INTO visit_in_order
SELECT id, household, month, day, start_ms, recorder, mode, state, counts, persons, absent, confirmed, backfill, duplicate, received_ms FROM visit;
DROP TABLE visit;
ALTER TABLE visit_in_order RENAME TO visit;
CREATE INDEX visit_month ON visit (month, household);
CREATE INDEX visit_household ON visit (household, start_ms);
