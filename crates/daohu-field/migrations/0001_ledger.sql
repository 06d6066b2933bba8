CREATE TABLE meta (
    -- What this store knows of itself: enrolment, keys, the last tree head, the last contact. Precious.
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE meta_copy (
    -- The same rows on other pages: one damaged page must not cost a device its key. Precious.
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE change (
    -- Every change this device wrote or received, and its own sealed values. Precious: nothing else can rebuild it.

    -- The order of arrival on this device; causal inside a record.
    position    INTEGER PRIMARY KEY,
    -- 1 a change of a record, 2 a sealed value.
    typ         INTEGER NOT NULL,
    hash        BLOB NOT NULL CHECK (length(hash) = 32),
    record      BLOB NOT NULL CHECK (length(record) = 16),
    place       INTEGER NOT NULL,
    bytes       BLOB NOT NULL,
    device      BLOB NOT NULL CHECK (length(device) = 16),
    -- 0 not yet in a batch, 1 in a sealed batch, 2 received by the server, 3 refused, 4 from the server.
    state       INTEGER NOT NULL,
    -- The batch of this device that carries it, and its index there.
    batch       INTEGER,
    leaf        INTEGER,
    -- The numbers of the boots whose clocks it names, joined by commas.
    boots       TEXT NOT NULL DEFAULT '',
    -- When the server received it; null until known.
    received_ms INTEGER,
    -- The server's computed start of a foreign visit: both equal when trusted, both null without evidence.
    start_from  INTEGER,
    start_to    INTEGER
) STRICT;
CREATE INDEX change_record ON change (record, position);
-- Two records may be made of the same bytes: their ids are not part of them.
CREATE UNIQUE INDEX change_hash ON change (hash, record);
CREATE INDEX change_unsent ON change (state, position) WHERE state < 2;
CREATE INDEX change_batch ON change (batch, leaf) WHERE batch IS NOT NULL;

CREATE TABLE batch (
    -- The outbox: a batch is sealed and stored before it is first sent, so that a retry sends the same bytes. Precious.
    number    INTEGER NOT NULL,
    -- A phone that enrolled anew numbers its batches from one again.
    device    BLOB NOT NULL CHECK (length(device) = 16),
    cose      BLOB NOT NULL,
    hash      BLOB NOT NULL CHECK (length(hash) = 32),
    items     INTEGER NOT NULL,
    sealed_ms INTEGER NOT NULL,
    -- 0 to be sent, 1 receipted.
    done      INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (device, number)
) STRICT;
CREATE INDEX batch_open ON batch (device, number) WHERE done = 0;

CREATE TABLE receipt (
    -- The server's proof that it holds a batch. Precious.
    batch       INTEGER NOT NULL,
    device      BLOB NOT NULL CHECK (length(device) = 16),
    bytes       BLOB NOT NULL,
    items       INTEGER NOT NULL,
    received_ms INTEGER NOT NULL,
    log_index   INTEGER NOT NULL,
    tree_size   INTEGER NOT NULL,
    PRIMARY KEY (device, batch)
) STRICT;

CREATE TABLE quarantine (
    -- Items the server refused and changes this device could not take. Shown, exported, repaired; never dropped by itself. Precious.
    id          INTEGER PRIMARY KEY,
    hash        BLOB NOT NULL,
    record      BLOB NOT NULL,
    kind        TEXT NOT NULL,
    batch       INTEGER,
    code        TEXT NOT NULL,
    bytes       BLOB NOT NULL,
    received_ms INTEGER NOT NULL,
    -- 1 written here and refused by the server, 0 sent by the server and not taken here.
    own         INTEGER NOT NULL,
    cleared     INTEGER NOT NULL DEFAULT 0,
    UNIQUE (record, hash)
) STRICT;

CREATE TABLE draft (
    -- A visit that is being written. Precious.
    id         BLOB PRIMARY KEY CHECK (length(id) = 16),
    household  BLOB NOT NULL,
    place      INTEGER NOT NULL,
    -- draft, in_progress or sealed.
    state      TEXT NOT NULL,
    changed_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE draft_field (
    -- One field of a draft, so that every keystroke is one small durable row. Precious.
    draft BLOB NOT NULL,
    field TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (draft, field)
) STRICT, WITHOUT ROWID;

CREATE TABLE boot (
    -- Numbers for the boots of this device, so that a time stamp stays small. Precious.
    number INTEGER PRIMARY KEY,
    id     TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE anchor (
    -- The server's time at a moment of the monotonic clock. Precious: time evidence is computed from it.
    boot      INTEGER NOT NULL,
    mono_ms   INTEGER NOT NULL,
    server_ms INTEGER NOT NULL,
    PRIMARY KEY (boot, mono_ms)
) STRICT, WITHOUT ROWID;

CREATE TABLE access_grant (
    -- What the server lets this device hold, each with a cursor of its own. Precious: a lost cursor fetches all again.
    id        INTEGER PRIMARY KEY,
    role      TEXT,
    place     INTEGER NOT NULL,
    household BLOB,
    reference INTEGER NOT NULL,
    seq       INTEGER NOT NULL DEFAULT 0,
    -- 1 in force, 0 taken away and still to be purged, 2 purged.
    state     INTEGER NOT NULL DEFAULT 1,
    until_ms  INTEGER,
    reason    TEXT
) STRICT;

CREATE TABLE place (
    -- The places of the grants, as the server names them.
    code   INTEGER PRIMARY KEY,
    name   TEXT NOT NULL,
    level  TEXT NOT NULL,
    parent INTEGER
) STRICT;

CREATE TABLE device (
    -- Whose device wrote a change.
    id     BLOB PRIMARY KEY,
    person BLOB NOT NULL,
    name   TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE record (
    -- Disposable: what a record says now.
    id        BLOB PRIMARY KEY,
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
) STRICT, WITHOUT ROWID;
CREATE INDEX record_kind ON record (kind, place, id);
CREATE INDEX record_household ON record (household, kind) WHERE household IS NOT NULL;
CREATE INDEX record_conflict ON record (id) WHERE conflicts <> '[]';


CREATE TABLE household (
    -- Disposable: what the list of due households needs of each one.
    id     BLOB PRIMARY KEY,
    place  INTEGER NOT NULL,
    number TEXT NOT NULL,
    name   TEXT NOT NULL,
    status TEXT NOT NULL,
    tier   TEXT NOT NULL,
    places TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX household_number ON household (number);

CREATE TABLE pairing (
    -- Disposable: who helps which household, when.
    id        BLOB PRIMARY KEY,
    household BLOB NOT NULL,
    cadre     BLOB NOT NULL,
    role      TEXT NOT NULL,
    from_day  TEXT NOT NULL,
    to_day    TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX pairing_household ON pairing (household, role);

CREATE TABLE visit (
    -- Disposable: a visit by its month, so that a month is read without reading the others.
    id        BLOB PRIMARY KEY,
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
) STRICT, WITHOUT ROWID;
CREATE INDEX visit_month ON visit (month, household);
CREATE INDEX visit_household ON visit (household, start_ms);

CREATE TABLE last_visit (
    -- Disposable: the last visit in person of a household, so that a list need not look through the years.
    household BLOB PRIMARY KEY,
    day       TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE review (
    -- Disposable: which review judges which record.
    id     BLOB PRIMARY KEY,
    target BLOB NOT NULL,
    result TEXT NOT NULL,
    -- When the server received it; of one not yet sent, what its own clock claims.
    at_ms  INTEGER NOT NULL,
    sent   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX review_target ON review (target, at_ms);

CREATE TABLE promise (
    -- Disposable: what was promised to a household and whether it is kept.
    visit     BLOB NOT NULL,
    n         INTEGER NOT NULL,
    household BLOB NOT NULL,
    text      TEXT NOT NULL,
    due_day   TEXT,
    kept      INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (visit, n)
) STRICT, WITHOUT ROWID;
CREATE INDEX promise_open ON promise (household) WHERE kept = 0;
