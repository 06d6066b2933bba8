-- When the account was closed: for thirty days from then its devices may hand in. Null where it is open, or was closed before this was
-- kept; those stay closed at once.
ALTER TABLE account ADD COLUMN disabled_at_ms INTEGER;
