//! `record …`: records of any declared kind, written by the server's own device.

use super::{Answer, ID, PLACE, pair_of, read, read_if};
use crate::{args::office::Record, refusal::Refusal};
use daohu_domain::{id::Id, place::Place};
use daohu_server::office::Office;

/// Runs a record command.
pub(super) fn record(office: &Office, command: &Record) -> Result<Answer, Refusal> {
    match command {
        Record::Add { kind, values } => Ok(office.record_add(kind, &pairs(values)?)?.into()),
        Record::Edit { id, values } => Ok(office.record_edit(id_of(id)?, &pairs(values)?)?.into()),
        Record::List { kind, place, q, limit, cursor } => {
            let place = read_if::<Place>(place.as_deref(), "--place", PLACE)?;
            Ok(office.record_list(kind, place, q.as_deref(), *limit, cursor.as_deref())?.into())
        }
        Record::Show { id } => Ok(office.record_show(id_of(id)?)?.into()),
    }
}

fn pairs(values: &[String]) -> Result<Vec<(&str, &str)>, Refusal> {
    values.iter().map(|text| pair_of(text)).collect()
}

fn id_of(text: &str) -> Result<Id, Refusal> {
    read(text, "ID", ID)
}
