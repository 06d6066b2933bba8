//! The field core: what a phone does with no signal, and how it comes level with the server again.
//!
//! One [`Ledger`] over one encrypted SQLite file; one use case a file; sync as a conversation without sockets
//! ([`SyncConversation`]). Rules are the domain's, documents are `daohu-record`'s, bytes are `daohu-wire`'s.

mod backup;
mod batch_file;
mod conflict;
pub mod digest;
mod due;
mod edit;
mod enrol;
mod error;
mod exchange;
mod history;
mod household;
mod join;
mod ledger;
mod me;
mod month_record;
mod pen;
mod port;
mod project;
mod quarantine;
mod reauthor;
mod rebuild;
mod receipt;
mod record;
mod refused;
mod review;
mod status;
mod store;
mod sync;
mod twins;
mod visit;

pub use backup::BackupReport;
pub use batch_file::{BatchFile, ReceiptsTaken};
pub use conflict::{ConflictValue, ConflictView};
pub use due::{DueCounts, DueHousehold, DueView};
pub use edit::EditReport;
pub use enrol::{EnrolConversation, EnrolOptions, EnrolReport, GrantReport};
pub use error::FieldError;
pub use exchange::{Request, Response};
pub use history::PastView;
pub use household::{HouseholdView, PairingView, Part};
pub use join::JoinProposal;
pub use ledger::Ledger;
pub use month_record::{MonthInput, MonthRecordView};
pub use port::{Clock, Random, SetClock};
pub use quarantine::QuarantineView;
pub use rebuild::RebuildReport;
pub use receipt::ReceiptView;
pub use record::{RecordList, RecordQuery, RecordView};
pub use review::{ReviewInput, ReviewView};
pub use status::{ClockView, StatusView};
pub use store::{StoreKey, interrupt::Interrupter, salvage::Salvaged};
pub use sync::{RefusedItem, SyncConversation, SyncOptions, SyncReport};
pub use visit::{Correction, PromiseView, Until, VisitAnswer, VisitInput, VisitView};
