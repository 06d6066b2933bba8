CREATE TABLE household_place (
    -- Every place a household ever lived in, from its spans. Disposable: triggers keep it.

    place     INTEGER NOT NULL,
    household BLOB NOT NULL,
    PRIMARY KEY (place, household)
) STRICT, WITHOUT ROWID;

CREATE INDEX household_place_household ON household_place (household);

CREATE TRIGGER household_placed AFTER INSERT ON doc WHEN NEW.kind = 'household' BEGIN
    INSERT OR IGNORE INTO household_place (place, household)
        SELECT CAST(json_extract(value, '$.value') AS INTEGER), NEW.record FROM json_each(NEW.fields, '$.places');
END;

CREATE TRIGGER household_moved AFTER UPDATE OF fields ON doc WHEN NEW.kind = 'household' BEGIN
    DELETE FROM household_place WHERE household = NEW.record;
    INSERT OR IGNORE INTO household_place (place, household)
        SELECT CAST(json_extract(value, '$.value') AS INTEGER), NEW.record FROM json_each(NEW.fields, '$.places');
END;

CREATE TRIGGER household_gone AFTER DELETE ON doc WHEN OLD.kind = 'household' BEGIN
    DELETE FROM household_place WHERE household = OLD.record;
END;

CREATE TABLE setting (
    -- Rules set by the office, each for a place (null: everywhere) from a day on. Never edited; the later row of one place and day holds.

    version  INTEGER PRIMARY KEY AUTOINCREMENT,
    place    INTEGER,
    from_day TEXT NOT NULL,
    key      TEXT NOT NULL,
    value    TEXT NOT NULL,
    at_ms    INTEGER NOT NULL
) STRICT;

CREATE TABLE first_month (
    -- Which months of which villages have their first figure (首报). Precious: written once, at the freeze.

    place         INTEGER NOT NULL,
    month         TEXT NOT NULL,
    written_at_ms INTEGER NOT NULL,
    -- The sums of first_figure, after the cap on equivalents.
    due           INTEGER NOT NULL,
    met_declared  INTEGER NOT NULL,
    met_verified  INTEGER NOT NULL,
    PRIMARY KEY (place, month)
) STRICT, WITHOUT ROWID;

CREATE TABLE first_figure (
    -- The households of a first figure as they stood, with who answered for them. Precious.

    place      INTEGER NOT NULL,
    month      TEXT NOT NULL,
    household  BLOB NOT NULL,
    -- A cadre's id, GAP, or null where nothing was due.
    attributed TEXT,
    due        INTEGER NOT NULL,
    met_declared        INTEGER NOT NULL,
    met_verified        INTEGER NOT NULL,
    equivalent_declared INTEGER NOT NULL,
    equivalent_verified INTEGER NOT NULL,
    PRIMARY KEY (place, month, household)
) STRICT, WITHOUT ROWID;

CREATE TABLE village_month (
    -- The figures of a village and month as they stand. Disposable: made anew by the transaction that changes them, or, where a roster
    -- changed, taken out by it and made at the next read.

    place          INTEGER NOT NULL,
    month          TEXT NOT NULL,
    due            INTEGER NOT NULL,
    met_declared   INTEGER NOT NULL,
    met_verified   INTEGER NOT NULL,
    gap_households INTEGER NOT NULL,
    PRIMARY KEY (place, month)
) STRICT, WITHOUT ROWID;
