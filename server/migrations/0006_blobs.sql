CREATE TABLE blob (
    -- Files that are in the blob store, named by the SHA-256 of their bytes. Precious: it says what the store must hold.

    hash       BLOB PRIMARY KEY CHECK (length(hash) = 32),
    size       INTEGER NOT NULL,
    kept_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE blob_use (
    -- Which record of evidence names which file as what. Disposable: made of the records. Whoever reads the record may have the file.

    hash       BLOB NOT NULL CHECK (length(hash) = 32),
    record     BLOB NOT NULL CHECK (length(record) = 16),
    -- file, thumb or original.
    role       TEXT NOT NULL,
    place      INTEGER NOT NULL,
    household  BLOB,
    media_type TEXT NOT NULL,
    PRIMARY KEY (hash, record, role)
) STRICT, WITHOUT ROWID;
CREATE INDEX blob_use_record ON blob_use (record);

CREATE TABLE upload (
    -- Files on their way, and for a day those that arrived or were given up: they count against what a device may send in a day.

    id            BLOB PRIMARY KEY CHECK (length(id) = 16),
    device        BLOB NOT NULL CHECK (length(device) = 16),
    -- The record that names the file, or will within a day.
    record        BLOB NOT NULL CHECK (length(record) = 16),
    role          TEXT NOT NULL,
    hash          BLOB NOT NULL CHECK (length(hash) = 32),
    length        INTEGER NOT NULL,
    -- What it counts against the device's day: its length, or nothing where the file was there already.
    cost          INTEGER NOT NULL,
    -- Bytes from the beginning that are surely on the disk.
    received      INTEGER NOT NULL,
    -- open, done or gone.
    state         TEXT NOT NULL,
    began_at_ms   INTEGER NOT NULL,
    expires_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX upload_device ON upload (device);
CREATE INDEX upload_hash ON upload (hash);
