//! Coverage of a place and month, its gaps, and the kept figures of villages: the rules of `daohu_domain::coverage` over what is stored.

use daohu_domain::calendar::{Instant, Month};
use daohu_domain::coverage::scenario::Scenario;
use daohu_domain::coverage::{ScenarioError, gaps, with_stored_first};
use daohu_domain::place::Place;
use serde_json::{Value, json};

use crate::error::OfficeError;
use crate::office::Office;
use crate::store::rows::{RegionQuery, RegionRow};

/// The kept figures of one village and month.
pub type VillageMonth = crate::store::rows::VillageMonthRow;

impl Office {
    /// Answers the coverage of a place and month as known at an instant, by default now.
    ///
    /// # Errors
    /// `bad_place` for a place that is not in the tree.
    pub fn coverage(&self, place: Place, month: Month, as_of: Option<Instant>) -> Result<Value, OfficeError> {
        let now = self.now();
        self.region(place)?;
        self.store().tick(now)?;
        let question = self.store().question(place, month, as_of.unwrap_or_else(|| up_to(now)))?;
        let live = with_stored_first(&question.scenario, &question.stored).map_err(refused)?;
        serde_json::to_value(live).map_err(|_| OfficeError::refused("internal"))
    }

    /// Writes the first figures of every month whose freeze has passed; those that are written stay as they are.
    ///
    /// # Errors
    /// When the store fails; then the next look, read or push writes them.
    pub fn write_first_figures(&self) -> Result<(), OfficeError> {
        Ok(self.store().tick(self.now())?)
    }

    /// Lists the households of a place without a helper, open or hidden, in a month.
    ///
    /// # Errors
    /// `bad_place` for a place that is not in the tree.
    pub fn gaps(&self, place: Place, month: Month) -> Result<Value, OfficeError> {
        self.region(place)?;
        let scenario = self.scenario(place, month)?;
        let mut rows = Vec::new();
        for row in gaps(&scenario).map_err(refused)? {
            let number = self.household_number(&row.household)?;
            let mut row = serde_json::to_value(row).map_err(|_| OfficeError::refused("internal"))?;
            row["number"] = json!(number);
            rows.push(row);
        }
        Ok(Value::Array(rows))
    }

    /// Returns the kept figures of the villages of a place, month by month.
    ///
    /// # Errors
    /// When the store fails.
    pub fn village_months(&self, place: Place, first: Month, last: Month) -> Result<Vec<VillageMonth>, OfficeError> {
        Ok(self.store().village_months(place, (first, last), self.now())?)
    }

    /// Returns the scenario of a place and month as the store tells it now: what the rules are asked.
    ///
    /// # Errors
    /// When the store fails.
    pub fn scenario(&self, place: Place, month: Month) -> Result<Scenario, OfficeError> {
        let now = self.now();
        self.store().tick(now)?;
        Ok(self.store().question(place, month, up_to(now))?.scenario)
    }

    /// Returns the row of a place in the tree.
    fn region(&self, place: Place) -> Result<RegionRow, OfficeError> {
        let found = self.store().regions(RegionQuery::Place(place))?.into_iter().next();
        found.ok_or(OfficeError::refused("bad_place"))
    }

    fn household_number(&self, household: &str) -> Result<Option<String>, OfficeError> {
        let Ok(id) = household.parse() else { return Ok(None) };
        let row = self.record(id)?;
        Ok(row.fields.get("number").and_then(Value::as_str).map(str::to_owned))
    }
}

/// A cut takes what lies before it; what arrived in this millisecond counts too.
const fn up_to(now: Instant) -> Instant {
    Instant(now.0 + 1)
}

fn refused(error: ScenarioError) -> OfficeError {
    OfficeError::refused(error.code())
}
