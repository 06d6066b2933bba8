DROP TABLE village_month;

CREATE TABLE village_month (
    -- The figures of a village and month as they stand. Disposable: a row that is missing, stale or over is made by the next read.

    place          INTEGER NOT NULL,
    month          TEXT NOT NULL,
    due            INTEGER NOT NULL,
    met_declared   INTEGER NOT NULL,
    met_verified   INTEGER NOT NULL,
    gap_households INTEGER NOT NULL,
    -- Whether rows of household_month are stale.
    stale          INTEGER NOT NULL DEFAULT 0,
    -- A running month looks otherwise tomorrow: until when the row holds, unless something moves it.
    until_ms       INTEGER NOT NULL,
    PRIMARY KEY (place, month)
) STRICT, WITHOUT ROWID;

CREATE TABLE household_month (
    -- What the households of a kept village_month come to. Disposable. The transaction that brings or changes a visit, month record or
    -- review marks its household; the next read reckons the marked ones.

    place      INTEGER NOT NULL,
    month      TEXT NOT NULL,
    household  BLOB NOT NULL,
    -- A cadre's id, GAP, or null where nothing is due.
    attributed TEXT,
    due        INTEGER NOT NULL,
    met_declared        INTEGER NOT NULL,
    met_verified        INTEGER NOT NULL,
    equivalent_declared INTEGER NOT NULL,
    equivalent_verified INTEGER NOT NULL,
    stale      INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (place, month, household)
) STRICT, WITHOUT ROWID;
