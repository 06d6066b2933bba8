//! Every agreed example gives exactly its figures.

use crate::coverage_shared::{TestResult, vectors};
use daohu_domain::coverage::{Scenario, coverage};

/// The examples that must be there: fewer means that the folder is not the agreed one.
const VECTORS_MIN: usize = 45;

#[test]
fn every_vector_gives_exactly_its_figures() -> TestResult {
    let vectors = vectors()?;
    assert!(vectors.len() >= VECTORS_MIN, "only {} vectors found", vectors.len());
    for (name, vector) in vectors {
        let answer = coverage(&Scenario::read(&vector)?)?;
        let expected = vector.get("expected").ok_or_else(|| format!("{name} has no `expected`"))?;
        let given = serde_json::to_value(answer)?;
        for (key, value) in expected.as_object().into_iter().flatten() {
            assert_eq!(given.get(key), Some(value), "{name}: {key}");
        }
        assert_eq!(&given, expected, "{name}");
    }
    Ok(())
}

#[test]
fn a_scenario_is_written_as_it_is_read() -> TestResult {
    for (name, vector) in vectors()? {
        let scenario = Scenario::read(&vector)?;
        let again = Scenario::read(&serde_json::to_value(&scenario)?)?;
        assert_eq!(again, scenario, "{name}");
    }
    Ok(())
}
