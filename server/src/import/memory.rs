//! What an import asks of the store, as a port: what the last import gave, and what the records say now.

use super::{Fields, ImportError};
use daohu_domain::{id::Id, place::Place};

/// A record as it is now.
#[derive(Debug, Clone, PartialEq)]
pub struct Known {
    /// Its id.
    pub id: Id,
    /// The place where it lives.
    pub place: Place,
    /// The household it belongs to.
    pub subject: Option<Id>,
    /// Its fields.
    pub fields: Fields,
}

/// What the store remembers for an import.
pub trait ImportMemory {
    /// Returns the record that a key became, and the values that the last import gave it.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn last(&self, kind: &str, key: &str) -> Result<Option<(Id, Fields)>, ImportError>;

    /// Returns all records of a kind as they are now.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn records(&self, kind: &str) -> Result<Vec<Known>, ImportError>;

    /// Returns the digest, under a key of the store, of a secret as it is now.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn secret_digest(&self, record: Id, field: &str) -> Result<Option<String>, ImportError>;

    /// Says whether a record has a secret that nobody can read any more, because its key was lost: nobody changed or erased it.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn secret_is_lost(&self, record: Id, field: &str) -> Result<bool, ImportError>;

    /// Returns the digest of a secret under a key of the store, in hex: equal for equal secrets, and of no use without the key.
    fn digest(&self, secret: &str) -> String;
}

/// One record that an import makes or changes.
#[derive(Debug, Clone, PartialEq)]
pub struct Write {
    /// The kind.
    pub kind: &'static str,
    /// What names the row the next time.
    pub key: String,
    /// The record.
    pub id: Id,
    /// The place where it lives.
    pub place: Place,
    /// The household it belongs to.
    pub subject: Option<Id>,
    /// Whether the record is made by this import.
    pub is_new: bool,
    /// Fields to write; `Null` deletes. Empty where only the memory changes.
    pub fields: Fields,
    /// Secrets to keep apart; `Null` erases.
    pub secrets: Fields,
    /// What the next import compares with.
    pub values: Fields,
}

/// A store that an import writes into.
pub trait ImportTarget: ImportMemory {
    /// Writes records in order and remembers their values, all or nothing.
    ///
    /// # Errors
    /// When the store refuses or fails; then nothing was written.
    fn write(&mut self, writes: &[Write]) -> Result<(), ImportError>;
}
