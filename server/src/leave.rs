//! Leaves: days on which a cadre does not visit, and who stands in.

use daohu_domain::calendar::Day;
use daohu_domain::id::Id;
use daohu_domain::kind::Fields;
use daohu_domain::kinds;
use serde_json::{Value, json};

use crate::error::OfficeError;
use crate::office::Office;
use crate::record::{RecordWrite, Writes};

impl Office {
    /// Writes down a leave from a day until before another, with a deputy where there is one.
    ///
    /// # Errors
    /// `not_found` for an unknown cadre or deputy, `invalid_record` where the end does not lie after the start.
    pub fn leave_add(&self, cadre: Id, from: Day, to: Day, deputy: Option<Id>) -> Result<Value, OfficeError> {
        let row = self.record(cadre)?;
        let is_cadre = |id: Id| self.record(id).map(|row| row.kind == "cadre");
        if row.kind != "cadre" {
            return Err(OfficeError::about("not_found", "cadre"));
        }
        if let Some(deputy) = deputy
            && !is_cadre(deputy)?
        {
            return Err(OfficeError::about("not_found", "deputy"));
        }
        let kind = kinds::find("leave").ok_or(OfficeError::refused("unknown_kind"))?;
        let mut fields = Fields::new();
        fields.insert("cadre".to_owned(), json!(cadre));
        fields.insert("from".to_owned(), json!(from.to_string()));
        fields.insert("to".to_owned(), json!(to.to_string()));
        if let Some(deputy) = deputy {
            fields.insert("deputy".to_owned(), json!(deputy));
        }
        let id = self.new_id();
        let record = RecordWrite { id, kind, place: row.place, subject: None, is_new: true, fields };
        self.write_records(&Writes { records: vec![record], ..Writes::default() })?;
        Ok(json!({ "leave": { "id": id, "cadre": cadre, "from": from.to_string(), "to": to.to_string(), "deputy": deputy } }))
    }
}
