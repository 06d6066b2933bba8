//! The opened data folder as the store of an import.

use super::{
    Fields, ImportError, ImportOptions,
    memory::{ImportMemory, ImportTarget, Known, Write},
    report::ImportReport,
    run::import,
};
use crate::{
    error::OfficeError,
    office::Office,
    record::{RecordWrite, Writes},
    store::rows::{ImportedRow, RecordQuery},
};
use daohu_domain::{id::Id, kinds};
use std::path::PathBuf;

/// Imports the files at `paths` into a data folder, all of it in one transaction by the server's own device.
///
/// # Errors
/// When a path is missing, no file holds a known table, or the store fails; then nothing was written.
pub fn run(office: &Office, paths: &[PathBuf], options: ImportOptions) -> Result<ImportReport, ImportError> {
    import(&mut OfficeTarget(office), paths, options, &mut || office.new_id())
}

struct OfficeTarget<'a>(&'a Office);

impl ImportMemory for OfficeTarget<'_> {
    fn last(&self, kind: &str, key: &str) -> Result<Option<(Id, Fields)>, ImportError> {
        let row = self.0.store().last_import(kind, key).map_err(OfficeError::from)?;
        Ok(row.map(|row| (row.record, row.values)))
    }

    fn records(&self, kind: &str) -> Result<Vec<Known>, ImportError> {
        let query = RecordQuery { kind: Some(kind.to_owned()), ..RecordQuery::default() };
        let rows = self.0.store().records(&query).map_err(OfficeError::from)?;
        Ok(rows.into_iter().map(|row| Known { id: row.record, place: row.place, subject: row.household, fields: row.fields }).collect())
    }

    fn secret_digest(&self, record: Id, field: &str) -> Result<Option<String>, ImportError> {
        Ok(self.0.secret_digest(record, field)?)
    }

    fn secret_is_lost(&self, record: Id, field: &str) -> Result<bool, ImportError> {
        Ok(self.0.secret_is_lost(record, field)?)
    }

    fn digest(&self, secret: &str) -> String {
        self.0.digest(secret)
    }
}

impl ImportTarget for OfficeTarget<'_> {
    fn write(&mut self, writes: &[Write]) -> Result<(), ImportError> {
        let mut wanted = Writes::default();
        for write in writes {
            let kind = kinds::find(write.kind).ok_or(ImportError::UnknownTable)?;
            let fields: Fields = write.fields.clone().into_iter().chain(write.secrets.clone()).collect();
            if write.is_new || !fields.is_empty() {
                wanted.records.push(RecordWrite {
                    id: write.id,
                    kind,
                    place: write.place,
                    subject: write.subject,
                    is_new: write.is_new,
                    fields,
                });
            }
            wanted.imported.push(ImportedRow {
                kind: write.kind.to_owned(),
                key: write.key.clone(),
                record: write.id,
                values: write.values.clone(),
            });
        }
        Ok(self.0.write_records(&wanted)?)
    }
}

impl From<OfficeError> for ImportError {
    fn from(error: OfficeError) -> Self {
        Self::Store { code: error.code(), source: Box::new(error) }
    }
}
