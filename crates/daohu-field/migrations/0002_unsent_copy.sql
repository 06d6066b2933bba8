CREATE TABLE unsent_copy (
    -- Unsent changes once more, on other pages: one damaged page must not cost a day's work. Kept by the triggers below. Precious.
    position INTEGER PRIMARY KEY,
    typ      INTEGER NOT NULL,
    hash     BLOB NOT NULL,
    record   BLOB NOT NULL,
    place    INTEGER NOT NULL,
    bytes    BLOB NOT NULL,
    device   BLOB NOT NULL,
    state    INTEGER NOT NULL,
    batch    INTEGER,
    leaf     INTEGER,
    boots    TEXT NOT NULL
) STRICT;

INSERT INTO unsent_copy SELECT position, typ, hash, record, place, bytes, device, state, batch, leaf, boots FROM change WHERE state < 2;

CREATE TRIGGER change_added AFTER INSERT ON change WHEN new.state < 2 BEGIN
    INSERT OR REPLACE INTO unsent_copy
    VALUES (new.position, new.typ, new.hash, new.record, new.place, new.bytes, new.device, new.state, new.batch, new.leaf, new.boots);
END;

CREATE TRIGGER change_moved_on AFTER UPDATE OF state, batch, leaf, device ON change WHEN new.state < 2 BEGIN
    INSERT OR REPLACE INTO unsent_copy
    VALUES (new.position, new.typ, new.hash, new.record, new.place, new.bytes, new.device, new.state, new.batch, new.leaf, new.boots);
END;

CREATE TRIGGER change_settled AFTER UPDATE OF state ON change WHEN new.state >= 2 AND old.state < 2 BEGIN
    DELETE FROM unsent_copy WHERE position = old.position;
END;

CREATE TRIGGER change_gone AFTER DELETE ON change WHEN old.state < 2 BEGIN
    DELETE FROM unsent_copy WHERE position = old.position;
END;
