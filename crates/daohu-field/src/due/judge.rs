//! What the domain says of each household of a scenario, and no more than the list of due households asks.
//!
//! All figures of a month look back over the whole year. While the month is not frozen, the domain's own first figures
//! say the same of each household in a fraction of the time: nothing known can lie after a freeze that is still to
//! come.

use crate::error::FieldError;
use daohu_domain::coverage::{self, GAP, HouseholdState, Scenario};

/// What the list asks of a household.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Judged {
    pub(crate) id: String,
    /// How many visits it needs.
    pub(crate) need: u64,
    pub(crate) met: bool,
    pub(crate) state: HouseholdState,
}

/// Judges every household of a scenario that is in scope in its month.
pub(crate) fn judge(scenario: &Scenario) -> Result<Vec<Judged>, FieldError> {
    let needs_one = scenario.config.tiers.values().all(|tier| tier.need <= 1);
    let freeze = coverage::deadline(scenario.query.month, scenario.config.freeze_day);
    if needs_one && scenario.query.as_of < freeze { in_running_month(scenario) } else { with_all_figures(scenario) }
}

fn in_running_month(scenario: &Scenario) -> Result<Vec<Judged>, FieldError> {
    let figures = coverage::first_figures(scenario).map_err(|error| FieldError::new("bad_month").because(error))?;
    let judged = figures.into_iter().map(|figure| Judged {
        state: match (figure.due, figure.met_declared, figure.attributed.as_deref()) {
            (false, ..) => HouseholdState::NotDue,
            (true, true, _) => HouseholdState::Met,
            (true, false, Some(GAP)) => HouseholdState::Gap,
            (true, false, _) => HouseholdState::Unmet,
        },
        id: figure.household,
        need: u64::from(figure.due),
        met: figure.due && figure.met_declared,
    });
    Ok(judged.collect())
}

fn with_all_figures(scenario: &Scenario) -> Result<Vec<Judged>, FieldError> {
    let figures = coverage::coverage(scenario).map_err(|error| FieldError::new("bad_month").because(error))?;
    let judged = figures.households.into_iter().map(|row| Judged { id: row.id, need: row.need, met: row.met_declared, state: row.state });
    Ok(judged.collect())
}

#[cfg(test)]
mod tests {
    use super::{in_running_month, with_all_figures};
    use daohu_domain::coverage::{HouseholdState, Scenario};
    use serde_json::json;

    /// Ten households that differ in status, tier, helper and visits.
    fn scenario(month: &str, as_of: &str) -> Scenario {
        let households = (0..10).map(|n| {
            let status = if n == 3 { "ordinary" } else { "poor" };
            let tier = if n % 4 == 1 { "quarterly" } else { "monthly" };
            let until = if n == 5 { json!("2019-05-04") } else { json!(null) };
            json!({
                "id": format!("h{n}"),
                "status": [{ "status": status, "from": "2019-01-01", "to": until }],
                "tier": [{ "tier": tier, "from": "2019-01-01" }],
                "places": [{ "place": "1", "from": "2019-01-01" }],
            })
        });
        let pairings = (0..10).filter(|n| n % 5 != 2).map(|n| {
            let from = if n == 8 { "2019-05-28" } else { "2019-01-01" };
            json!({ "household": format!("h{n}"), "cadre": "c", "role": "primary", "from": from })
        });
        let visits = [
            (0, "2019-05-02", "home"),
            (1, "2019-04-02", "home"),
            (2, "2019-05-03", "home"),
            (4, "2019-05-03", "phone"),
            (9, "2019-06-03", "home"),
        ];
        let visits = visits.map(|(n, day, mode)| {
            let at = format!("{day}T10:00:00+08:00");
            json!({
                "id": format!("v{n}"), "household": format!("h{n}"), "recorder": "c", "participants": ["c"], "mode": mode,
                "start": at, "end": at, "time": { "trusted": at }, "received_at": at,
            })
        });
        Scenario::read(&json!({
            "query": { "place": "0", "month": month, "as_of": as_of },
            "regions": [{ "code": "0", "name": "", "level": "county", "parent": null }, { "code": "1", "name": "", "level": "village", "parent": "0" }],
            "households": households.collect::<Vec<_>>(),
            "pairings": pairings.collect::<Vec<_>>(),
            "visits": visits,
        }))
        .unwrap()
    }

    #[test]
    fn in_a_running_month_the_short_way_says_what_the_long_way_says() {
        let mut states = Vec::new();
        for (month, as_of) in [
            ("2019-05", "2019-05-05T09:00:00+08:00"),
            ("2019-05", "2019-06-10T23:59:59+08:00"),
            ("2019-06", "2019-06-05T09:00:00+08:00"),
            ("2019-07", "2019-06-05T09:00:00+08:00"),
        ] {
            let scenario = scenario(month, as_of);
            let short = in_running_month(&scenario).unwrap();
            assert_eq!(short, with_all_figures(&scenario).unwrap(), "{month} {as_of}");
            states.extend(short.into_iter().map(|judged| judged.state));
        }
        for state in [HouseholdState::Met, HouseholdState::Unmet, HouseholdState::Gap, HouseholdState::NotDue] {
            assert!(states.contains(&state), "vacuous without {state:?}");
        }
    }
}
