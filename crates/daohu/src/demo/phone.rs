//! A simulated phone: the real field core with its own store and key; what it sends goes through the server's own router.

use axum::{Router, body::Body, http::Request as HttpRequest};
use daohu_field::{Clock, EnrolOptions, FieldError, Ledger, Random, Request, Response, SetClock, SyncOptions, SyncReport};
use std::{path::Path, sync::Mutex};
use tokio::runtime::Runtime;
use tower::ServiceExt;

/// No answer of ours is bigger.
const BODY_BYTES_MAX: usize = 8 * 1024 * 1024;

/// The way into the server: its router, without a socket.
pub(crate) struct Door {
    router: Router,
    runtime: Runtime,
}

impl Door {
    /// Opens the way into a router.
    pub(crate) const fn new(router: Router, runtime: Runtime) -> Self {
        Self { router, runtime }
    }

    fn carry(&self, request: &Request) -> Option<Response> {
        let mut builder = HttpRequest::builder().method(request.method).uri(&request.path);
        for (name, value) in &request.headers {
            builder = builder.header(name, value);
        }
        let request = builder.body(Body::from(request.body.clone())).ok()?;
        self.runtime.block_on(async {
            let answer = self.router.clone().oneshot(request).await.ok()?;
            let status = answer.status().as_u16();
            let body = axum::body::to_bytes(answer.into_body(), BODY_BYTES_MAX).await.ok()?;
            Some(Response { status, headers: Vec::new(), body: body.to_vec() })
        })
    }
}

/// Chance of the demo as a phone takes it: repeatable where a seed was given.
struct Dice(Mutex<super::chance::Chance>);

impl Random for Dice {
    fn fill(&self, bytes: &mut [u8]) {
        let mut chance = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        for byte in bytes {
            *byte = u8::try_from(chance.next() & 0xFF).unwrap_or(0);
        }
    }
}

/// One phone.
pub(crate) struct Phone {
    /// Its ledger.
    pub(crate) ledger: Ledger,
}

impl Phone {
    /// Makes a new phone and enrols it with a code.
    pub(crate) fn enrol(
        folder: &Path,
        label: &str,
        (clock, seed): (&SetClock, u64),
        (door, code): (&Door, String),
    ) -> Result<Self, FieldError> {
        let dice = Dice(Mutex::new(super::chance::Chance::new(seed)));
        let mut key = [0; 32];
        dice.fill(&mut key);
        let clock: Box<dyn Clock> = Box::new(clock.clone());
        let mut ledger = Ledger::open(&folder.join(format!("{label}.db")), &key, clock, Box::new(dice))?;
        let options = EnrolOptions { server: "http://demo".to_owned(), code, label: label.to_owned(), ca: None };
        let mut conversation = ledger.begin_enrol(options, key)?;
        while let Some(request) = conversation.next_request(&mut ledger)? {
            let response = door.carry(&request).ok_or_else(|| FieldError::new("offline"))?;
            conversation.on_response(&mut ledger, &response)?;
        }
        conversation.finish(&ledger)?;
        Ok(Self { ledger })
    }

    /// Comes level with the server.
    pub(crate) fn sync(&mut self, door: &Door) -> Result<SyncReport, FieldError> {
        let mut conversation = self.ledger.begin_sync(SyncOptions::default())?;
        while let Some(request) = conversation.next_request(&mut self.ledger)? {
            match door.carry(&request) {
                Some(response) => conversation.on_response(&mut self.ledger, &response)?,
                None => conversation.on_failure(&mut self.ledger)?,
            }
        }
        Ok(conversation.finish())
    }
}
