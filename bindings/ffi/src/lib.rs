//! The field core for Kotlin, Swift and Python (docs/guides). Nothing is decided here: each call is one use case of `daohu-field`, with
//! its views mirrored for uniffi, its errors with code and two sentences, and the host's clock and transport lent to it.

mod conversation;
mod error;
mod host;
mod inputs;
mod kinds;
mod ledger;
mod reports;
mod rescue;
mod side;
mod types;
mod views;

pub use conversation::{EnrolConversation, SyncConversation};
pub use error::{HostError, LedgerError, TransportError};
pub use host::{HostClock, HostTransport, HttpHeader, HttpRequest, HttpResponse, LedgerListener, SyncProgress};
pub use inputs::{CheckAnswer, EnrolOptions, FieldText, MetPerson, MonthEntry, NewPromise, VisitEntry};
pub use kinds::{ErrorText, error_texts, kind_names, kind_schema};
pub use ledger::FieldLedger;
pub use rescue::{Restored, restore, salvage};

uniffi::setup_scaffolding!();
