//! Due households: the home screen. Who is due this month, who was visited, who is overdue, who has no helper.
//!
//! The rules are the domain's own: a scenario is made of the rows of the month and judged by it, with the visits of
//! this phone that are not sent yet counted as if they had arrived. Nothing here ranks anybody.

mod judge;
mod scenario;

pub(crate) use scenario::rules;

use crate::{
    error::FieldError,
    ledger::Ledger,
    store::projection::{
        self,
        household::{self, HouseholdRow, PairingRow},
        visit as rows,
    },
};
use daohu_domain::{
    calendar::{Day, Instant, Month},
    coverage::HouseholdState,
    id::Id,
    kind::Json,
    place::Place,
};
use judge::Judged;
use serde::Serialize;
use std::collections::HashMap;

/// The due households of a month.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DueView {
    /// The month.
    pub month: Month,
    /// Today.
    pub today: Day,
    /// The sums.
    pub counts: DueCounts,
    /// The households on this device that are in scope in the month, by number.
    pub households: Vec<DueHousehold>,
}

/// The sums of a month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct DueCounts {
    /// Households that need a visit.
    pub due: u64,
    /// Of these, visited.
    pub met: u64,
    /// Of these, not visited though the month is over.
    pub overdue: u64,
    /// Of these, without anybody who answers for them.
    pub gap: u64,
}

/// One household of the list.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DueHousehold {
    /// The household.
    pub id: Id,
    /// Its number.
    pub number: String,
    /// The head's name.
    pub name: String,
    /// Its place.
    pub place: Place,
    /// The cadre who holds it, today or at the month's end.
    pub holder: Option<Id>,
    /// The holder's name, where it is known.
    pub holder_name: Option<String>,
    /// How many visits it needs.
    pub due: u64,
    /// It had them.
    pub met: bool,
    /// It is overdue.
    pub overdue: bool,
    /// The day of its last visit in person.
    pub last_visit: Option<String>,
    /// How many promises are open.
    pub promises: u64,
    /// Drafts of visits on this device.
    pub drafts: u64,
    /// Where it stands in the month.
    pub state: HouseholdState,
}

impl Ledger {
    /// Returns the due households of a month, this month by default.
    ///
    /// # Errors
    /// `store_damaged` when the rows cannot be read.
    pub fn due(&self, month: Option<Month>) -> Result<DueView, FieldError> {
        let now = Instant(self.clock.wall_ms());
        let today = now.day();
        let month = month.unwrap_or_else(|| Month::of(today));
        let households = household::all(&self.connection)?;
        let pairings = household::pairings(&self.connection)?;
        let ground = scenario::Ground { households: &households, pairings: &pairings, now };
        let judged = self.judged(&ground, month)?;
        let is_over = month < Month::of(today);
        let last_day = month.plus(1).first_day().yesterday().unwrap_or(today).min(today);
        let holders = holders(&pairings, last_day);
        let last_visits = rows::last_days(&self.connection)?;
        let promises = rows::open_promises(&self.connection)?;
        let drafts = self.drafts_of_households()?;
        let by_id: HashMap<&str, &Judged> = judged.iter().map(|row| (row.id.as_str(), row)).collect();
        let mut names = HashMap::new();
        let mut view = DueView { month, today, counts: DueCounts::default(), households: Vec::new() };
        for card in &households {
            let id = card.id.to_string();
            let Some(row) = by_id.get(id.as_str()) else { continue };
            let holder = holders.get(&card.id).copied();
            // A month asks nothing of anybody before it is over.
            let overdue = is_over && row.need > 0 && !row.met;
            view.counts.add(row, overdue);
            view.households.push(DueHousehold {
                id: card.id,
                number: card.number.clone(),
                name: card.name.clone(),
                place: card.place,
                holder,
                holder_name: self.name_of_holder(holder, &mut names)?,
                due: row.need,
                met: row.met,
                overdue,
                last_visit: last_visits.get(&card.id).cloned(),
                promises: promises.get(&card.id).copied().unwrap_or(0),
                drafts: drafts.get(&card.id).copied().unwrap_or(0),
                state: row.state,
            });
        }
        Ok(view)
    }

    /// Says whether a household is due in a month, and whether its need is met.
    pub(crate) fn need_of(&self, household: &HouseholdRow, month: Month) -> Result<Need, FieldError> {
        let households = [household.clone()];
        let pairings = household::pairings_of(&self.connection, household.id)?;
        let ground = scenario::Ground { households: &households, pairings: &pairings, now: Instant(self.clock.wall_ms()) };
        let judged = self.judged(&ground, month)?;
        Ok(judged.first().map_or(Need { due: false, met: false }, |row| Need { due: row.need > 0, met: row.met }))
    }

    fn judged(&self, ground: &scenario::Ground<'_>, month: Month) -> Result<Vec<Judged>, FieldError> {
        if ground.households.is_empty() {
            return Ok(Vec::new());
        }
        judge::judge(&scenario::of(&self.connection, ground, month)?)
    }

    fn name_of_holder(&self, holder: Option<Id>, names: &mut HashMap<Id, Option<String>>) -> Result<Option<String>, FieldError> {
        let Some(holder) = holder else { return Ok(None) };
        if let Some(known) = names.get(&holder) {
            return Ok(known.clone());
        }
        let record = projection::find(&self.connection, holder)?;
        let name = record.and_then(|record| record.fields.get("name").and_then(Json::as_str).map(str::to_owned));
        names.insert(holder, name.clone());
        Ok(name)
    }

    fn drafts_of_households(&self) -> Result<HashMap<Id, u64>, FieldError> {
        let mut drafts = HashMap::new();
        for row in crate::store::draft::all(&self.connection)? {
            *drafts.entry(row.household).or_insert(0) += 1;
        }
        Ok(drafts)
    }
}

/// Whether a household needs a visit and had it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Need {
    pub(crate) due: bool,
    pub(crate) met: bool,
}

impl DueCounts {
    fn add(&mut self, row: &Judged, overdue: bool) {
        if row.need == 0 {
            return;
        }
        self.due += 1;
        self.met += u64::from(row.met);
        self.overdue += u64::from(overdue);
        self.gap += u64::from(row.state == HouseholdState::Gap);
    }
}

/// Returns who holds each household on a day; of two the one who began later.
fn holders(pairings: &[PairingRow], day: Day) -> HashMap<Id, Id> {
    let day = day.to_string();
    let mut holders: HashMap<Id, (&str, Id)> = HashMap::new();
    for pairing in pairings.iter().filter(|pairing| pairing.role == "primary" && pairing.from_day <= day) {
        if pairing.to_day.as_ref().is_some_and(|to| *to <= day) {
            continue;
        }
        let known = holders.entry(pairing.household).or_insert((&pairing.from_day, pairing.cadre));
        *known = (*known).max((&pairing.from_day, pairing.cadre));
    }
    holders.into_iter().map(|(household, (_, cadre))| (household, cadre)).collect()
}
