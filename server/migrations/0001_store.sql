CREATE TABLE meta (
    -- Facts about the store itself, one a row: server_device, epoch, policy_rev, clock_set.

    key   TEXT PRIMARY KEY,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE account (
    -- Users: who may sign in and enrol devices.

    id            BLOB PRIMARY KEY CHECK (length(id) = 16),
    login         TEXT NOT NULL UNIQUE,
    -- The cadre record of this user; null for administrators.
    cadre         BLOB CHECK (cadre IS NULL OR length(cadre) = 16),
    -- PHC string of argon2id.
    password      TEXT NOT NULL,
    -- Secret of the second factor, encrypted under the master key.
    totp          BLOB,
    -- The last step of the second factor that was accepted: no code is good twice.
    totp_step     INTEGER NOT NULL DEFAULT 0,
    disabled      INTEGER NOT NULL DEFAULT 0,
    -- Counts changes of this account's grants; part of policy_rev.
    grants_rev    INTEGER NOT NULL DEFAULT 0,
    created_at_ms INTEGER NOT NULL
) STRICT;

CREATE INDEX account_cadre ON account (cadre) WHERE cadre IS NOT NULL;

CREATE TABLE account_role (
    -- Roles of accounts, each for a span of days [from_day, to_day).

    n           INTEGER PRIMARY KEY,
    account     BLOB NOT NULL REFERENCES account (id),
    role        TEXT NOT NULL,
    place       INTEGER,
    unit        BLOB,
    from_day    TEXT,
    to_day      TEXT,
    -- When the office took it away; null while it is given.
    ended_at_ms INTEGER
) STRICT;

CREATE INDEX account_role_account ON account_role (account);

CREATE TABLE session (
    -- Signed-in browsers. The token itself is never kept.

    token_hash    BLOB PRIMARY KEY,
    account       BLOB NOT NULL REFERENCES account (id),
    began_at_ms   INTEGER NOT NULL,
    used_at_ms    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE wrong_try (
    -- Counts wrong passwords, wrong code rests and unknown code names; key says of whom: login:…, code:…, address:….

    key             TEXT PRIMARY KEY,
    tries           INTEGER NOT NULL,
    first_at_ms     INTEGER NOT NULL,
    locked_until_ms INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE TABLE device (
    -- Enrolled devices, and the server's own.

    n                  INTEGER PRIMARY KEY,
    id                 BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
    -- The last four bytes of the id: under them the device writes events, so no two devices share them.
    prefix             BLOB NOT NULL UNIQUE CHECK (length(prefix) = 4),
    -- Null for the server's own device.
    account            BLOB REFERENCES account (id),
    public_key         BLOB NOT NULL CHECK (length(public_key) = 32),
    label              TEXT NOT NULL,
    enrolled_at_ms     INTEGER NOT NULL,
    last_contact_at_ms INTEGER NOT NULL,
    -- The device's last accepted batch; 0 before the first.
    last_batch         INTEGER NOT NULL DEFAULT 0,
    last_hash          BLOB NOT NULL,
    -- Highest counter seen in a signed request, so that none is played twice.
    last_counter       INTEGER NOT NULL DEFAULT 0,
    revoked_at_ms      INTEGER,
    -- left or lost.
    reason             TEXT,
    -- The device's own store key, sealed to the server by the device: for a forgotten PIN.
    store_key          BLOB
) STRICT;

CREATE INDEX device_account ON device (account);
CREATE UNIQUE INDEX device_own ON device ((account IS NULL)) WHERE account IS NULL;

CREATE TABLE device_code (
    -- One-time codes. Only the first four characters are kept as they are; they name the code.

    name          TEXT PRIMARY KEY,
    -- SHA-256 of salt and the other eight characters.
    salt          BLOB NOT NULL,
    rest_hash     BLOB NOT NULL,
    account       BLOB NOT NULL REFERENCES account (id),
    made_at_ms    INTEGER NOT NULL,
    expires_at_ms INTEGER NOT NULL,
    used_at_ms    INTEGER,
    device        BLOB
) STRICT;

CREATE TABLE leaf (
    -- Leaves of the log in order (RFC 6962). Precious.

    n              INTEGER PRIMARY KEY,
    -- 1 batch, 2 segment of the audit log, 3 server start.
    type           INTEGER NOT NULL,
    -- The bytes that are hashed.
    bytes          BLOB NOT NULL,
    -- What the body hash covers, for types other than a batch.
    detail         BLOB,
    received_at_ms INTEGER NOT NULL,
    -- system or set: part of the head that signs this leaf first.
    clock          TEXT NOT NULL
) STRICT;

CREATE TABLE tree_node (
    -- Hashes of the complete subtrees: level 0 is a leaf's hash.

    level INTEGER NOT NULL,
    n     INTEGER NOT NULL,
    hash  BLOB NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (level, n)
) STRICT, WITHOUT ROWID;

CREATE TABLE batch (
    -- Every batch that was accepted, as it was signed. Precious.

    n              INTEGER PRIMARY KEY,
    device         INTEGER NOT NULL REFERENCES device (n),
    number         INTEGER NOT NULL,
    leaf           INTEGER NOT NULL UNIQUE REFERENCES leaf (n),
    -- COSE_Sign1 of the header.
    cose           BLOB NOT NULL,
    body_hash      BLOB NOT NULL CHECK (length(body_hash) = 32),
    received_at_ms INTEGER NOT NULL,
    -- What each item was and became, in order: CBOR [[type, record, place, hash, code]…].
    items          BLOB NOT NULL,
    UNIQUE (device, number)
) STRICT;

CREATE TABLE change (
    -- Every accepted change, byte for byte. Precious: all records are made of these.

    n              INTEGER PRIMARY KEY,
    record         BLOB NOT NULL CHECK (length(record) = 16),
    hash           BLOB NOT NULL CHECK (length(hash) = 32),
    batch          INTEGER NOT NULL REFERENCES batch (n),
    -- Its place among the batch's items.
    item           INTEGER NOT NULL,
    device         INTEGER NOT NULL REFERENCES device (n),
    received_at_ms INTEGER NOT NULL,
    -- The roles that its writer held at the place then, by comma; null for the office's own.
    roles          TEXT,
    bytes          BLOB NOT NULL,
    UNIQUE (record, hash)
) STRICT;

CREATE INDEX change_batch ON change (batch);

CREATE TABLE place_head (
    -- The last sequence number of each place's log. Locked last in a transaction.

    place INTEGER PRIMARY KEY,
    head  INTEGER NOT NULL
) STRICT;

CREATE TABLE log (
    -- The log of each place: gap-free, in the order of commits.

    place     INTEGER NOT NULL,
    seq       INTEGER NOT NULL,
    change    INTEGER NOT NULL REFERENCES change (n),
    -- The device that wrote it: it does not pull its own.
    device    INTEGER NOT NULL,
    kind      TEXT NOT NULL,
    household BLOB,
    -- 1 where everybody's grant (township, reference) covers it.
    reference INTEGER NOT NULL,
    PRIMARY KEY (place, seq)
) STRICT, WITHOUT ROWID;

CREATE INDEX log_household ON log (place, household, seq) WHERE household IS NOT NULL;
CREATE INDEX log_reference ON log (place, seq) WHERE reference = 1;

CREATE TABLE quarantine (
    -- Items that were not accepted, byte for byte, until a person decides.

    id             BLOB PRIMARY KEY CHECK (length(id) = 16),
    batch          INTEGER NOT NULL REFERENCES batch (n),
    item           INTEGER NOT NULL,
    type           INTEGER NOT NULL,
    record         BLOB NOT NULL,
    place          INTEGER NOT NULL,
    kind           TEXT,
    code           TEXT NOT NULL,
    received_at_ms INTEGER NOT NULL,
    -- When it was let in after all; null while it waits.
    released_at_ms INTEGER,
    bytes          BLOB NOT NULL
) STRICT;

CREATE INDEX quarantine_record ON quarantine (record);
CREATE INDEX quarantine_batch ON quarantine (batch);

CREATE TABLE secret (
    -- Values that no document may hold. Deleting a row erases the value: its key is nowhere else.

    record        BLOB NOT NULL,
    field         TEXT NOT NULL,
    -- SHA-256(salt ‖ value); the salt is inside the ciphertext only.
    commitment    BLOB NOT NULL CHECK (length(commitment) = 32),
    -- The value's own key under the master key.
    wrapped_key   BLOB NOT NULL,
    sealed        BLOB NOT NULL,
    written_at_ms INTEGER NOT NULL,
    PRIMARY KEY (record, field)
) STRICT, WITHOUT ROWID;

CREATE TABLE audit (
    -- Who did what that must be told later: reads of secrets, exports, releases.

    n      INTEGER PRIMARY KEY,
    at_ms  INTEGER NOT NULL,
    person BLOB,
    action TEXT NOT NULL,
    record BLOB,
    field  TEXT,
    reason TEXT NOT NULL
) STRICT;

CREATE TABLE import_row (
    -- The values that the last import gave each record: the next import compares with these, not with the record.

    kind   TEXT NOT NULL,
    key    TEXT NOT NULL,
    record BLOB NOT NULL,
    -- JSON object.
    "values" TEXT NOT NULL,
    PRIMARY KEY (kind, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE sync_grant (
    -- What each account's devices may pull and push, from when to when.

    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    account     BLOB NOT NULL REFERENCES account (id),
    place       INTEGER NOT NULL,
    household   BLOB,
    reference   INTEGER NOT NULL,
    role        TEXT,
    -- Null while it holds.
    ended_at_ms INTEGER,
    -- The place's head when it ended.
    end_seq     INTEGER
) STRICT;

CREATE INDEX sync_grant_account ON sync_grant (account);

CREATE TABLE doc (
    -- One row a record: its document and what it shows. Disposable: made anew from change.

    n              INTEGER PRIMARY KEY,
    record         BLOB NOT NULL UNIQUE CHECK (length(record) = 16),
    kind           TEXT NOT NULL,
    place          INTEGER NOT NULL,
    household      BLOB,
    -- The person named as creator.
    author         BLOB NOT NULL,
    changes        INTEGER NOT NULL,
    -- Sorted, 32 bytes each.
    heads          BLOB NOT NULL,
    -- Null where the document is its one change.
    snapshot       BLOB,
    state          TEXT NOT NULL,
    -- JSON object of the winning values.
    fields         TEXT NOT NULL,
    -- JSON array of visible conflicts; null without any.
    conflicts      TEXT,
    -- What a search looks in, lower case.
    search         TEXT NOT NULL,
    -- The kind's natural key; null where it has none.
    natural_key    TEXT,
    -- 1 where a field or value is newer than this server.
    newer          INTEGER NOT NULL,
    received_at_ms INTEGER NOT NULL,
    changed_at_ms  INTEGER NOT NULL
) STRICT;

CREATE INDEX doc_kind ON doc (kind, place, record);
CREATE INDEX doc_household ON doc (household, kind) WHERE household IS NOT NULL;
CREATE INDEX doc_natural_key ON doc (kind, natural_key) WHERE natural_key IS NOT NULL;

CREATE TABLE event_fact (
    -- Events of each record in the order of the fold. Disposable.

    record         BLOB NOT NULL,
    ord            INTEGER NOT NULL,
    -- prefix.n of the document.
    key            TEXT NOT NULL,
    name           TEXT NOT NULL,
    -- The device that wrote it, and the person whose device it is; null for the server's own.
    device         BLOB NOT NULL,
    person         BLOB,
    by_author      INTEGER NOT NULL,
    -- Hash of the change that carries it.
    change         BLOB NOT NULL,
    received_at_ms INTEGER NOT NULL,
    -- What the device's clock said.
    claimed_at_ms  INTEGER NOT NULL,
    -- The roles its writer held, by comma; null for the office's own.
    roles          TEXT,
    refused        INTEGER NOT NULL,
    fields         TEXT NOT NULL,
    PRIMARY KEY (record, ord)
) STRICT, WITHOUT ROWID;

CREATE TABLE visit_fact (
    -- What the figures need of a visit. Disposable.

    record         BLOB PRIMARY KEY CHECK (length(record) = 16),
    place          INTEGER NOT NULL,
    household      BLOB NOT NULL,
    -- Cadre ids; participants 16 bytes each.
    recorder       BLOB NOT NULL,
    participants   BLOB NOT NULL,
    mode           TEXT NOT NULL,
    -- As the device claims.
    start_ms       INTEGER NOT NULL,
    end_ms         INTEGER NOT NULL,
    -- The start as the evidence gives it, or the bounds it lies in; all null without evidence.
    trusted_ms     INTEGER,
    after_ms       INTEGER,
    before_ms      INTEGER,
    submitted_ms   INTEGER,
    received_at_ms INTEGER NOT NULL,
    absent_reason  TEXT,
    original_day   TEXT,
    backfill_reason TEXT,
    duplicate_of   BLOB,
    confirmed      INTEGER NOT NULL,
    -- Households of a split or merge that the visit names, 16 bytes each.
    names          BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX visit_fact_place ON visit_fact (place, start_ms);
CREATE INDEX visit_fact_household ON visit_fact (household, start_ms);
CREATE INDEX visit_fact_duplicate ON visit_fact (duplicate_of) WHERE duplicate_of IS NOT NULL;

CREATE TABLE review_fact (
    -- Reviews by what they name. Disposable.

    record         BLOB PRIMARY KEY CHECK (length(record) = 16),
    target         BLOB NOT NULL,
    target_kind    TEXT NOT NULL,
    result         TEXT NOT NULL,
    rule           TEXT,
    -- The roles the reviewer held, by comma; null for the office's own.
    roles          TEXT,
    place          INTEGER NOT NULL,
    household      BLOB,
    author         BLOB NOT NULL,
    received_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX review_fact_target ON review_fact (target, received_at_ms);

CREATE TABLE month_fact (
    -- Month records by household and month. Disposable.

    record         BLOB PRIMARY KEY CHECK (length(record) = 16),
    place          INTEGER NOT NULL,
    household      BLOB NOT NULL,
    month          TEXT NOT NULL,
    submitted_ms   INTEGER,
    received_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX month_fact_place ON month_fact (place, month);
CREATE INDEX month_fact_household ON month_fact (household, month);

CREATE TABLE pairing_fact (
    -- Pairings by household and cadre: grants, lists and figures read these. Disposable.

    record        BLOB PRIMARY KEY CHECK (length(record) = 16),
    place         INTEGER NOT NULL,
    household     BLOB NOT NULL,
    cadre         BLOB NOT NULL,
    role          TEXT NOT NULL,
    from_day      TEXT NOT NULL,
    to_day        TEXT,
    unit          BLOB,
    changed_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX pairing_fact_cadre ON pairing_fact (cadre);
CREATE INDEX pairing_fact_household ON pairing_fact (household);

CREATE TABLE region_fact (
    -- The tree of places as it stands. Disposable.

    place      INTEGER PRIMARY KEY,
    record     BLOB NOT NULL,
    name       TEXT NOT NULL,
    level      TEXT NOT NULL,
    parent     INTEGER
) STRICT;

CREATE INDEX region_fact_parent ON region_fact (parent);
