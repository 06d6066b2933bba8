-- Figures ask for the visits of a household that arrived since a day. The others were asked by nobody, and every visit paid for them.
DROP INDEX IF EXISTS change_batch;
DROP INDEX IF EXISTS visit_fact_place;
DROP INDEX IF EXISTS visit_fact_duplicate;
DROP INDEX IF EXISTS visit_fact_household;
CREATE INDEX visit_fact_household ON visit_fact (household, received_at_ms);
