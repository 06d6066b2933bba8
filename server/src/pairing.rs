//! Pairings as the office keeps them: a new one begins, an old one gets its end; neither is ever edited into the other.

use daohu_domain::calendar::Day;
use daohu_domain::id::Id;
use daohu_domain::kind::Fields;
use daohu_domain::kinds;
use serde_json::{Value, json};

use crate::error::OfficeError;
use crate::office::Office;
use crate::record::{RecordWrite, Writes};
use crate::store::plan::PairingFact;
use crate::store::rows::{PairingQuery, PairingRow};

impl Office {
    /// Pairs a cadre with a household (record id or 户编号) from a day on.
    ///
    /// # Errors
    /// `not_found` for an unknown household or cadre, `overlap` where that cadre already stands for it in that role on that day.
    #[expect(clippy::too_many_arguments, reason = "these are the flags of the command; a struct for one call would only rename them")]
    pub fn pairing_add(&self, household: &str, cadre: Id, role: &str, from: Day, basis: Option<&str>) -> Result<Value, OfficeError> {
        let home = self.household(household)?;
        if self.record(cadre)?.kind != "cadre" {
            return Err(OfficeError::about("not_found", "cadre"));
        }
        let of_both = PairingQuery { household: Some(home.record), cadre: Some(cadre), ..PairingQuery::default() };
        let overlaps = |row: &PairingRow| row.pairing.role == role && row.pairing.to.is_none_or(|to| to > from);
        if self.store().pairings(&of_both)?.iter().any(overlaps) {
            return Err(OfficeError::about("overlap", "from"));
        }
        let kind = kinds::find("pairing").ok_or(OfficeError::refused("unknown_kind"))?;
        let mut fields = Fields::new();
        fields.insert("cadre".to_owned(), json!(cadre));
        fields.insert("role".to_owned(), json!(role));
        fields.insert("from".to_owned(), json!(from.to_string()));
        if let Some(basis) = basis {
            fields.insert("basis".to_owned(), json!(basis));
        }
        let id = self.new_id();
        let record = RecordWrite { id, kind, place: home.place, subject: Some(home.record), is_new: true, fields };
        self.write_records(&Writes { records: vec![record], ..Writes::default() })?;
        Ok(json!({ "pairing": self.pairing_json(id)? }))
    }

    /// Ends a pairing: `to` is the first day on which it no longer holds.
    ///
    /// # Errors
    /// `not_found`, or `invalid_record` where the end does not lie after the start.
    pub fn pairing_end(&self, id: Id, to: Day, reason: &str) -> Result<Value, OfficeError> {
        let row = self.pairing(id)?;
        let kind = kinds::find("pairing").ok_or(OfficeError::refused("unknown_kind"))?;
        let mut fields = Fields::new();
        fields.insert("to".to_owned(), json!(to.to_string()));
        fields.extend(end_fields(reason));
        let record = RecordWrite { id, kind, place: row.place, subject: Some(row.pairing.household), is_new: false, fields };
        self.write_records(&Writes { records: vec![record], ..Writes::default() })?;
        Ok(json!({ "pairing": self.pairing_json(id)? }))
    }

    /// Returns pairings of a household (record id or 户编号), of a cadre, in force on a day, or any of these together.
    ///
    /// # Errors
    /// `not_found` for an unknown household.
    pub fn pairing_list(&self, household: Option<&str>, cadre: Option<Id>, on: Option<Day>) -> Result<Value, OfficeError> {
        let household = household.map(|name| self.household(name)).transpose()?.map(|row| row.record);
        let rows = self.store().pairings(&PairingQuery { record: None, household, cadre, on })?;
        Ok(Value::Array(rows.iter().map(to_json).collect()))
    }

    fn pairing(&self, id: Id) -> Result<PairingRow, OfficeError> {
        let rows = self.store().pairings(&PairingQuery { record: Some(id), ..PairingQuery::default() })?;
        rows.into_iter().next().ok_or(OfficeError::refused("not_found"))
    }

    fn pairing_json(&self, id: Id) -> Result<Value, OfficeError> {
        Ok(to_json(&self.pairing(id)?))
    }
}

/// A reason is one of the list where its slug or label says so; any other text is kept as a note beside "other".
fn end_fields(reason: &str) -> Fields {
    let mut fields = Fields::new();
    let field = kinds::find("pairing").and_then(|kind| kind.field("end_reason"));
    let known = field.and_then(|field| daohu_domain::validate::read_text(field, reason).ok());
    match known {
        Some(value) => _ = fields.insert("end_reason".to_owned(), value),
        None => {
            fields.insert("end_reason".to_owned(), json!("other"));
            fields.insert("end_note".to_owned(), json!(reason));
        }
    }
    fields
}

fn to_json(row: &PairingRow) -> Value {
    let PairingFact { household, cadre, role, from, to, unit } = &row.pairing;
    json!({
        "id": row.record,
        "household": household,
        "number": row.number,
        "cadre": cadre,
        "role": role,
        "from": from.to_string(),
        "to": to.map(|day| day.to_string()),
        "unit": unit,
    })
}
