//! The bytes of a part, from the connection to the disk: in pieces, so that a cut costs the last piece's way and no more.
//!
//! A part with a checksum counts whole or not at all; one without counts up to the last byte that came, cut or not.

use super::{
    headers::{Checksum, Hasher},
    turns::Turn,
};
use crate::{
    app::App,
    blobs::{Part, UploadView},
    limits::{UPLOAD_FLUSH_BYTES, UPLOAD_SILENCE_S},
    routes::problem::Problem,
};
use axum::{
    body::{Body, Bytes, HttpBody},
    http::StatusCode,
};
use daohu_wire::limits::CHECKED_PART_BYTES_MAX;
use std::{
    future::poll_fn,
    pin::{Pin, pin},
    time::Duration,
};
use tokio::time::timeout;

/// How long the last bytes of an older connection are waited for once somebody newer came: they are on this machine or nowhere.
const LATE: Duration = Duration::from_millis(100);

/// A part on its way.
#[derive(Debug)]
pub(super) struct Sent {
    pub(super) token: String,
    pub(super) view: UploadView,
    pub(super) checksum: Option<Checksum>,
    pub(super) body: Body,
}

/// Takes a part and returns how the upload stands then.
///
/// # Errors
/// 400 `upload_cut` where the connection broke or was silent, 460 `bad_checksum`, 413 `too_big`, else as the office says.
pub(super) async fn received(app: &App, turn: Turn, sent: Sent) -> Result<UploadView, Problem> {
    // A task of its own: a client that goes away ends its request, and what it sent must reach the disk all the same.
    let task = tokio::spawn(Taking::new(app.clone(), turn, sent).run());
    task.await.unwrap_or_else(|_| Err(Problem::fault()))
}

struct Taking {
    app: App,
    turn: Turn,
    token: String,
    view: UploadView,
    checksum: Option<(Checksum, Hasher)>,
    body: Body,
    /// Bytes that are not handed to the office yet.
    gathered: Vec<u8>,
    /// Where those belong.
    at: u64,
    /// Whether somebody newer waits for the turn, and bytes that came since.
    is_late: bool,
    late_bytes: usize,
}

/// What came next.
enum Next {
    Bytes(Bytes),
    End,
    Cut,
}

impl Taking {
    fn new(app: App, turn: Turn, sent: Sent) -> Self {
        let checksum = sent.checksum.map(|checksum| {
            let hasher = checksum.hasher();
            (checksum, hasher)
        });
        let at = sent.view.received;
        Self {
            app,
            turn,
            token: sent.token,
            view: sent.view,
            checksum,
            body: sent.body,
            gathered: Vec::new(),
            at,
            is_late: false,
            late_bytes: 0,
        }
    }

    async fn run(mut self) -> Result<UploadView, Problem> {
        loop {
            match self.next().await {
                Next::Bytes(bytes) => self.gather(&bytes).await?,
                Next::End => break,
                Next::Cut if self.checksum.is_some() => return Err(cut()),
                Next::Cut => {
                    self.hand_over(true).await?;
                    return Err(cut());
                }
            }
        }
        if let Some((said, hasher)) = self.checksum.take()
            && hasher.finish() != said
        {
            let status = StatusCode::from_u16(460).unwrap_or(StatusCode::BAD_REQUEST);
            return Err(Problem::new(status, "bad_checksum"));
        }
        self.hand_over(true).await?;
        Ok(self.view)
    }

    async fn next(&mut self) -> Next {
        if self.late_bytes > UPLOAD_FLUSH_BYTES {
            return Next::Cut;
        }
        let body = &mut self.body;
        let mut frame = pin!(poll_fn(|context| Pin::new(&mut *body).poll_frame(context)));
        let silence = Duration::from_secs(UPLOAD_SILENCE_S);
        let came = tokio::select! {
            biased;
            frame = timeout(silence, &mut frame) => frame,
            // What the older connection brought up to its end is on this machine already: it is heard out, or it would be sent once more.
            () = self.turn.is_over() => {
                self.is_late = true;
                timeout(LATE, frame).await
            }
        };
        match came {
            Ok(Some(Ok(frame))) => {
                let bytes = frame.into_data().unwrap_or_default();
                self.late_bytes += if self.is_late { bytes.len() } else { 0 };
                Next::Bytes(bytes)
            }
            Ok(None) => Next::End,
            Ok(Some(Err(_))) | Err(_) => Next::Cut,
        }
    }

    async fn gather(&mut self, bytes: &[u8]) -> Result<(), Problem> {
        let to = self.at.saturating_add((self.gathered.len() + bytes.len()) as u64);
        let checked = self.checksum.is_some() && to.saturating_sub(self.view.received) > CHECKED_PART_BYTES_MAX;
        if to > self.view.length || checked {
            return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too_big"));
        }
        if let Some((_, hasher)) = &mut self.checksum {
            hasher.update(bytes);
        }
        self.gathered.extend_from_slice(bytes);
        if self.gathered.len() < UPLOAD_FLUSH_BYTES {
            return Ok(());
        }
        let counts = self.checksum.is_none();
        self.hand_over(counts).await
    }

    async fn hand_over(&mut self, counts: bool) -> Result<(), Problem> {
        let bytes = std::mem::take(&mut self.gathered);
        let (token, id, from, at) = (self.token.clone(), self.view.id, self.view.received, self.at);
        self.at = at.saturating_add(bytes.len() as u64);
        if counts && self.at == from {
            return Ok(());
        }
        let take = move |office: &crate::office::Office| Ok(office.upload_take(&token, id, &Part { from, at, bytes: &bytes, counts })?);
        self.view = self.app.call(take).await?;
        Ok(())
    }
}

fn cut() -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "upload_cut")
}
