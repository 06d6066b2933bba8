//! Why a scenario cannot be counted, and the checks that say so.

use super::scenario::{Config, Scenario};
use crate::calendar::{Day, Month};
use std::collections::HashSet;

/// The fewest days in scope that may make a household due: below a holder's 7 days nobody could be attributed (D2).
const K_MIN_LOWEST: u32 = 7;

/// Says why a scenario has no figures. Its texts name lists and keys, never a person or a household of them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScenarioError {
    /// The month is not a month.
    #[error("not a month: write 2019-06")]
    BadMonth,
    /// The place is named by nothing in the scenario.
    #[error("unknown place: ask for a place of the roster")]
    BadPlace,
    /// The text is not a scenario.
    #[error("not a scenario: {why}")]
    NotAScenario {
        /// Says what was expected.
        why: String,
    },
    /// A span ends before it begins.
    #[error("a span in `{list}` ends before it begins: correct its dates")]
    BackwardSpan {
        /// Names the list.
        list: &'static str,
    },
    /// An id occurs twice in a list.
    #[error("an id occurs twice in `{list}`: give each entry its own")]
    SameId {
        /// Names the list.
        list: &'static str,
    },
    /// A threshold has a value that no rule can follow.
    #[error("the value of `config.{key}` is out of range: correct it")]
    BadConfig {
        /// Names the key.
        key: &'static str,
    },
}

impl ScenarioError {
    /// Returns the stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::BadMonth => "bad_month",
            Self::BadPlace => "bad_place",
            Self::NotAScenario { .. } | Self::BackwardSpan { .. } | Self::SameId { .. } | Self::BadConfig { .. } => "usage",
        }
    }

    /// Returns the Chinese sentence that says what to do.
    #[must_use]
    pub fn zh(&self) -> String {
        match self {
            Self::BadMonth => "月份不对,请写成 2019-06".to_owned(),
            Self::BadPlace => "没有这个地方,请填名册中的区划代码".to_owned(),
            Self::NotAScenario { why } => format!("文件内容不是一份场景,请检查:{why}"),
            Self::BackwardSpan { list } => format!("{list} 中有一段时间的结束早于开始,请改正日期"),
            Self::SameId { list } => format!("{list} 中有重复的编号,请逐条改成不同的编号"),
            Self::BadConfig { key } => format!("配置项 {key} 的数值超出范围,请改正"),
        }
    }

    /// Returns the English sentence that says what to do.
    #[must_use]
    pub fn en(&self) -> String {
        self.to_string()
    }
}

/// Refuses what no rule can count.
///
/// # Errors
///
/// Fails with the first thing found wrong.
pub(super) fn check(scenario: &Scenario) -> Result<(), ScenarioError> {
    let month = scenario.query.month;
    if Month::new(month.year(), month.number()).is_none() {
        return Err(ScenarioError::BadMonth);
    }
    check_config(&scenario.config)?;
    check_spans(scenario)?;
    check_ids("households", scenario.households.iter().map(|household| household.id.as_str()))?;
    check_ids("visits", scenario.visits.iter().map(|visit| visit.id.as_str()))?;
    check_ids("units", scenario.units.iter().map(|unit| unit.id.as_str()))?;
    check_ids("posts", scenario.posts.iter().map(|post| post.id.as_str()))?;
    if is_known(scenario) { Ok(()) } else { Err(ScenarioError::BadPlace) }
}

/// Says whether anything in the scenario names the place asked for.
fn is_known(scenario: &Scenario) -> bool {
    let place = scenario.query.place.as_str();
    scenario.regions.iter().any(|region| region.code == place)
        || scenario.households.iter().any(|household| household.places.iter().any(|span| span.place == place))
}

fn check_config(config: &Config) -> Result<(), ScenarioError> {
    let bad = |key| Err(ScenarioError::BadConfig { key });
    if config.k_min < K_MIN_LOWEST {
        return bad("k_min");
    }
    if config.tiers.values().any(|tier| tier.months == 0) {
        return bad("tiers");
    }
    if config.equivalents.cap_pct > 100 {
        return bad("equivalents.cap_pct");
    }
    Ok(())
}

fn check_spans(scenario: &Scenario) -> Result<(), ScenarioError> {
    for region in &scenario.regions {
        if region.from.is_some_and(|from| is_backward(from, region.to)) {
            return Err(ScenarioError::BackwardSpan { list: "regions" });
        }
    }
    let obliged = scenario.units.iter().flat_map(|unit| &unit.obliged);
    let terms = scenario.cadres.iter().flat_map(|cadre| &cadre.terms);
    let filled = scenario.posts.iter().flat_map(|post| &post.terms);
    refuse_backward("units", obliged.map(|one| (one.from, one.to)))?;
    refuse_backward("cadres", terms.map(|term| (term.from, term.to)))?;
    for household in &scenario.households {
        refuse_backward("households", household.status.iter().map(|span| (span.from, span.to)))?;
        refuse_backward("households", household.tier.iter().map(|span| (span.from, span.to)))?;
        refuse_backward("households", household.places.iter().map(|span| (span.from, span.to)))?;
        refuse_backward("households", household.away.iter().map(|span| (span.from, span.to)))?;
    }
    refuse_backward("pairings", scenario.pairings.iter().map(|pairing| (pairing.from, pairing.to)))?;
    refuse_backward("leaves", scenario.leaves.iter().map(|leave| (leave.from, leave.to)))?;
    refuse_backward("posts", scenario.posts.iter().map(|post| (post.from, post.to)))?;
    refuse_backward("posts", filled.map(|term| (term.from, term.to)))
}

fn refuse_backward(list: &'static str, mut spans: impl Iterator<Item = (Day, Option<Day>)>) -> Result<(), ScenarioError> {
    if spans.any(|(from, to)| is_backward(from, to)) { Err(ScenarioError::BackwardSpan { list }) } else { Ok(()) }
}

fn is_backward(from: Day, to: Option<Day>) -> bool {
    to.is_some_and(|to| to < from)
}

fn check_ids<'a>(list: &'static str, mut ids: impl Iterator<Item = &'a str>) -> Result<(), ScenarioError> {
    let mut seen = HashSet::with_capacity(ids.size_hint().0);
    if ids.all(|id| seen.insert(id)) { Ok(()) } else { Err(ScenarioError::SameId { list }) }
}
