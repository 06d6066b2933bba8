//! Enrolment and sync step by step, for a host that carries requests in its own way; [`FieldLedger::sync`] does it in one call.

use crate::{
    error::LedgerError,
    host::{self, HttpRequest, HttpResponse},
    ledger::FieldLedger,
    side::held,
};
use daohu_field::{EnrolReport, SyncReport};
use std::sync::{Arc, Mutex};

/// A sync under way. Ask for a request, carry it, give back what came; until there is none.
#[derive(Debug, uniffi::Object)]
pub struct SyncConversation {
    pub(crate) ledger: Arc<FieldLedger>,
    pub(crate) inner: Mutex<Option<daohu_field::SyncConversation>>,
}

#[uniffi::export]
impl SyncConversation {
    /// Returns the next request; none where the sync has come to its end.
    ///
    /// # Errors
    /// `not_enrolled`, `store_failed`, `disk_full`, and what the server refused the conversation with.
    pub fn next_request(&self) -> Result<Option<HttpRequest>, LedgerError> {
        let mut inner = held(&self.inner);
        let Some(conversation) = inner.as_mut() else { return Ok(None) };
        let request = self.ledger.write_quietly(|ledger| conversation.next_request(ledger))?;
        Ok(request.map(|request| host::request(conversation.server(), request)))
    }

    /// Takes what came back.
    ///
    /// # Errors
    /// The server's code where it refused, `not_our_server` where somebody else answered; what was under way is kept and sent again.
    pub fn on_response(&self, response: HttpResponse) -> Result<(), LedgerError> {
        let mut inner = held(&self.inner);
        let Some(conversation) = inner.as_mut() else { return Ok(()) };
        self.ledger.write(|ledger| conversation.on_response(ledger, &host::response(response)))
    }

    /// Says that nothing came back. The next request is smaller.
    ///
    /// # Errors
    /// `offline` where it has been tried often enough.
    pub fn on_failure(&self) -> Result<(), LedgerError> {
        let mut inner = held(&self.inner);
        let Some(conversation) = inner.as_mut() else { return Ok(()) };
        self.ledger.write_quietly(|ledger| conversation.on_failure(ledger))
    }

    /// Ends the conversation and says what came of it; none where it was ended before.
    pub fn finish(&self) -> Option<SyncReport> {
        held(&self.inner).take().map(daohu_field::SyncConversation::finish)
    }
}

/// An enrolment under way, carried like a [`SyncConversation`].
#[derive(Debug, uniffi::Object)]
pub struct EnrolConversation {
    pub(crate) ledger: Arc<FieldLedger>,
    pub(crate) inner: Mutex<Option<daohu_field::EnrolConversation>>,
}

#[uniffi::export]
impl EnrolConversation {
    /// Returns the next request; none where all is done.
    ///
    /// # Errors
    /// `store_failed`.
    pub fn next_request(&self) -> Result<Option<HttpRequest>, LedgerError> {
        let mut inner = held(&self.inner);
        let Some(conversation) = inner.as_mut() else { return Ok(None) };
        let request = self.ledger.write_quietly(|ledger| conversation.next_request(ledger))?;
        Ok(request.map(|request| host::request(conversation.server(), request)))
    }

    /// Takes what came back.
    ///
    /// # Errors
    /// `code_unknown`, `code_expired` and the server's other codes; `not_our_server` where somebody else answered.
    pub fn on_response(&self, response: HttpResponse) -> Result<(), LedgerError> {
        let mut inner = held(&self.inner);
        let Some(conversation) = inner.as_mut() else { return Ok(()) };
        self.ledger.write(|ledger| conversation.on_response(ledger, &host::response(response)))
    }

    /// Ends the enrolment and says as whom the device is enrolled; none where it was ended before.
    ///
    /// # Errors
    /// `not_enrolled` where it did not come to its end.
    pub fn finish(&self) -> Result<Option<EnrolReport>, LedgerError> {
        let taken = held(&self.inner).take();
        taken.map(|conversation| self.ledger.write(|ledger| conversation.finish(ledger))).transpose()
    }
}
