//! A household as it is shown: facts, people, helpers, visits, months, promises, disagreements, and one digest over
//! all of it that two devices can compare.

use crate::{
    conflict::{self, ConflictView},
    digest,
    error::FieldError,
    ledger::Ledger,
    month_record::MonthRecordView,
    project,
    store::projection::{
        self, RecordRow,
        household::{self, HouseholdRow},
        visit as rows,
    },
    visit::{self, PromiseView, VisitView},
};
use daohu_domain::{
    calendar::Month,
    id::Id,
    kind::{Fields, Json},
    mask,
    place::Place,
};
use serde::Serialize;
use std::collections::BTreeSet;

/// A household as it is shown.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HouseholdView {
    /// The household.
    pub id: Id,
    /// Its number.
    pub number: String,
    /// Its place.
    pub place: Place,
    /// SHA-256 over all its records and their heads, hex.
    pub digest: String,
    /// What is written of it.
    pub fields: Fields,
    /// The fields that no device shows whole.
    pub masked: Vec<String>,
    /// The people.
    pub members: Vec<Part>,
    /// The helpers.
    pub pairings: Vec<PairingView>,
    /// The visits, oldest first; drafts of this device last.
    pub visits: Vec<VisitView>,
    /// The month records.
    pub months: Vec<MonthRecordView>,
    /// What was promised.
    pub promises: Vec<PromiseView>,
    /// Where two people said different things.
    pub conflicts: Vec<ConflictView>,
}

/// A record of a household, plainly.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Part {
    /// The record.
    pub id: Id,
    /// What it says.
    pub fields: Fields,
}

/// A pairing as it is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PairingView {
    /// The record.
    pub id: Id,
    /// The household.
    pub household: Id,
    /// The household's number.
    pub number: String,
    /// The cadre.
    pub cadre: Id,
    /// The cadre's name, where it is known.
    pub cadre_name: Option<String>,
    /// What the cadre is to the household.
    pub role: String,
    /// From when on.
    pub from: String,
    /// Until when.
    pub to: Option<String>,
}

impl Ledger {
    /// Shows a household, named by its record id or its number.
    ///
    /// # Errors
    /// `not_found`.
    pub fn household(&self, household: &str) -> Result<HouseholdView, FieldError> {
        let card = self.find_household(household)?;
        let connection = &self.connection;
        let record = projection::find(connection, card.id)?.ok_or_else(|| FieldError::new("not_found"))?;
        let kind = daohu_domain::kinds::find("household");
        Ok(HouseholdView {
            id: card.id,
            number: card.number.clone(),
            place: card.place,
            digest: hex::encode(self.digest_of(card.id)?),
            fields: record.fields,
            masked: kind.map(mask::masked_keys).unwrap_or_default().into_iter().map(str::to_owned).collect(),
            members: projection::of_household(connection, card.id, "member")?.into_iter().map(part).collect(),
            pairings: self.pairings_of(&card)?,
            visits: self.visits_of(card.id)?,
            months: self.months_of(&card)?,
            promises: rows::promises_of(connection, card.id)?.into_iter().map(PromiseView::from).collect(),
            conflicts: conflict::all(connection)?.into_iter().filter(|one| one.household == Some(card.id)).collect(),
        })
    }

    /// Finds a household by its record id or its number.
    pub(crate) fn find_household(&self, household: &str) -> Result<HouseholdRow, FieldError> {
        let found = match household.parse::<Id>() {
            Ok(id) => household::find(&self.connection, id)?,
            Err(_) => household::numbered(&self.connection, household)?,
        };
        found.ok_or_else(|| FieldError::new("not_found"))
    }

    /// Returns the digest of a household, unsent changes counted.
    pub(crate) fn digest_of(&self, household: Id) -> Result<[u8; 32], FieldError> {
        let all = projection::heads_of_household(&self.connection, household)?;
        let counted = all.iter().filter(|(_, kind, _)| digest::KINDS.contains(&kind.as_str()));
        Ok(digest::of_household(counted.map(|(id, _, heads)| (id, heads.as_slice()))))
    }

    fn pairings_of(&self, card: &HouseholdRow) -> Result<Vec<PairingView>, FieldError> {
        let mut pairings = Vec::new();
        for row in household::pairings_of(&self.connection, card.id)? {
            let name = projection::find(&self.connection, row.cadre)?;
            pairings.push(PairingView {
                id: row.id,
                household: card.id,
                number: card.number.clone(),
                cadre: row.cadre,
                cadre_name: name.and_then(|record| record.fields.get("name").and_then(Json::as_str).map(str::to_owned)),
                role: row.role,
                from: row.from_day,
                to: row.to_day,
            });
        }
        Ok(pairings)
    }

    fn visits_of(&self, household: Id) -> Result<Vec<VisitView>, FieldError> {
        let mut visits = Vec::new();
        for row in rows::of_household(&self.connection, household)? {
            if let Some(known) = project::known(&self.connection, row.id)? {
                visits.push(visit::of_record(&self.connection, &known)?);
            }
        }
        for row in crate::store::draft::all(&self.connection)?.into_iter().filter(|row| row.household == household) {
            if visits.iter().all(|visit| visit.id != row.id) {
                visits.push(self.visit_of_draft(&row)?);
            }
        }
        Ok(visits)
    }

    fn months_of(&self, card: &HouseholdRow) -> Result<Vec<MonthRecordView>, FieldError> {
        let records = projection::of_household(&self.connection, card.id, "month_record")?;
        let months: BTreeSet<Month> = records.iter().filter_map(|record| project::text(&record.fields, "month").parse().ok()).collect();
        months.into_iter().map(|month| self.show_month(card, month)).collect()
    }
}

fn part(record: RecordRow) -> Part {
    Part { id: record.id, fields: record.fields }
}
