//! The conversation of one sync: what to ask next, and when to stop.
//!
//! It holds no socket and no ledger: the host takes a request, carries it, brings the response, and may use the
//! ledger for anything else in between. Sizes follow the link: 64 KB at first, twice as much after a fast success,
//! half after a failure.

use super::{
    address,
    apply::{self, Applied, RefusedItem},
    catch_up,
    pack::{PackFetch, Part},
    repair::{self, Comparison},
    seal,
};
use crate::{
    error::FieldError,
    exchange::{Request, Response},
    ledger::Ledger,
    me::Me,
    store::{
        Connection, access, count, in_transaction,
        meta::{self, key},
        outbox, time,
    },
};
use daohu_domain::{calendar::Instant, time::Stamp};
use daohu_wire::{
    Batch, Cursor, RequestSignature, SyncAnswer, SyncRequest,
    limits::{BATCHES_PER_REQUEST_MAX, MAX_BYTES_CEILING, MAX_BYTES_FLOOR, MAX_BYTES_START},
    repair::RepairAnswer,
    request::{CAP_TAKES_PACKS, CAP_WANT_DIGEST, CAP_WANT_OWN, CAP_WANT_PROOF},
    request_signature::SeenRequest,
};
use serde::Serialize;

/// A success faster than this doubles the size of the next request.
const FAST_MS: i64 = 5_000;

/// How often one exchange is tried before the link counts as dead.
const TRIES_MAX: u32 = 2;

/// By how much the request counter leaps when the server refuses one as older than it knows: thirty days of milliseconds. The counter follows
/// the wall clock; a copy of a phone whose clock was ahead when it was heard last would stay shut out until that day comes.
const COUNTER_LEAP: i64 = 30 * 86_400_000;

/// The one path.
const PATH: &str = "/v1/sync";

/// Where records are compared.
const REPAIR_PATH: &str = "/v1/repair";

/// What a person may ask of a sync.
#[derive(Debug, Clone, Default)]
pub struct SyncOptions {
    /// At most this many requests.
    pub requests_max: Option<u32>,
    /// Another address of the same office; remembered once its key has proved to be the enrolled one.
    pub server: Option<String>,
    /// Another address for this run only.
    pub server_once: Option<String>,
    /// The size to begin with, for who knows the link.
    pub first_bytes: Option<u32>,
}

/// What a sync did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct SyncReport {
    /// Exchanges that were answered or lost; asking another address who it is exchanges nothing.
    pub requests: u32,
    /// Bodies sent, in bytes.
    pub bytes_up: u64,
    /// Bodies received, in bytes.
    pub bytes_down: u64,
    /// Items the server took.
    pub pushed: u64,
    /// Changes that were new here.
    pub pulled: u64,
    /// Items that were refused, by the server or here.
    pub refused: Vec<RefusedItem>,
    /// Verified receipts.
    pub receipts: u64,
    /// There is more, but the conversation was bounded.
    pub more: bool,
    /// Grants that ended and were purged.
    pub revoked: Vec<u64>,
    /// Batches of this device that another copy of its store had handed in.
    pub caught_up: u64,
    /// Received batches that a restored server lost and that cannot be sent again; their receipts are kept.
    pub lost: Vec<u64>,
    /// Records were compared one by one with the server's, and those that differed were mended.
    pub repaired: bool,
    /// Records that only this phone holds and that others must hand in again.
    pub only_here: u64,
    /// The server's log is an older one than this device has seen; what it lacks was sent again.
    pub restored: bool,
    /// The server's time.
    pub server_time: Option<Instant>,
}

#[derive(Debug, Clone)]
struct InFlight {
    sent_mono_ms: i64,
    pushes: bool,
    cursors: Vec<Cursor>,
    head: Option<(u64, [u8; 32])>,
    wanted_own: bool,
}

/// The conversation of one sync.
#[derive(Debug)]
pub struct SyncConversation {
    options: SyncOptions,
    server: String,
    is_known_address: bool,
    link_bytes: u32,
    goes_on: bool,
    wants_more: bool,
    tries: u32,
    in_flight: Option<InFlight>,
    packs: PackFetch,
    comparison: Option<Comparison>,
    report: SyncReport,
}

impl Ledger {
    /// Begins a sync, also where the last answer was that this device is closed: nobody had signed that.
    ///
    /// # Errors
    /// `not_enrolled`.
    pub fn begin_sync(&mut self, options: SyncOptions) -> Result<SyncConversation, FieldError> {
        self.me()?;
        self.is_the_device()?;
        let known = meta::text(&self.connection, key::SERVER)?.unwrap_or_default();
        let is_known_address = options.server.as_ref().is_none_or(|server| *server == known);
        let server = options.server.clone().or_else(|| options.server_once.clone()).unwrap_or(known);
        let kept = u32::try_from(meta::number(&self.connection, key::LINK_BYTES)?).unwrap_or(0);
        let kept = if kept == 0 { MAX_BYTES_START } else { kept.clamp(MAX_BYTES_FLOOR, MAX_BYTES_START) };
        let link_bytes = options.first_bytes.map_or(kept, |bytes| bytes.clamp(MAX_BYTES_FLOOR, MAX_BYTES_CEILING));
        let report = SyncReport::default();
        Ok(SyncConversation {
            options,
            server,
            is_known_address,
            link_bytes,
            goes_on: true,
            wants_more: false,
            tries: 0,
            in_flight: None,
            packs: PackFetch::default(),
            comparison: None,
            report,
        })
    }
}

impl SyncConversation {
    /// Returns the address of the server.
    #[must_use]
    pub fn server(&self) -> &str {
        &self.server
    }

    /// Returns how many bytes the next request and answer may have.
    #[must_use]
    pub const fn link_bytes(&self) -> u32 {
        self.link_bytes
    }

    /// Returns what to carry next, or `None` when both sides are level or the bound is reached.
    ///
    /// # Errors
    /// `disk_full` or `store_failed` when a batch cannot be stored before it is sent: nothing was sent then.
    pub fn next_request(&mut self, ledger: &mut Ledger) -> Result<Option<Request>, FieldError> {
        if !self.goes_on {
            return Ok(None);
        }
        if self.options.requests_max.is_some_and(|max| self.report.requests >= max) {
            self.report.more = true;
            return Ok(None);
        }
        if !self.is_known_address {
            return Ok(Some(address::who_is_there()));
        }
        // What is unsent goes first: packs are fetched after the first exchange.
        if self.report.requests > 0
            && let Some(request) = self.packs.next_request(ledger, self.link_bytes)?
        {
            self.report.requests += 1;
            return Ok(Some(request));
        }
        let me = ledger.me()?;
        let now = ledger.stamp()?;
        if repair::is_wanted(&ledger.connection)? && !self.report.repaired {
            return self.next_comparison(ledger, &me, now).map(Some);
        }
        let (link_bytes, takes_packs) = (self.link_bytes, self.packs.is_taken());
        // What was written since a restart, or since the server was last heard long ago, has no server time yet to hold on
        // to. One empty exchange gives it before the batch is sealed with what is known.
        let asks_time_first = self.report.requests == 0
            && self.options.requests_max != Some(1)
            && !time::is_anchored(&ledger.connection, now.boot, now.mono_ms)?;
        let (request, in_flight, counter) = in_transaction(&mut ledger.connection, |connection| {
            let catches_up = catch_up::is_catching_up(connection)?;
            if !asks_time_first && !catches_up {
                seal::seal_all(connection, &me, now, link_bytes)?;
            }
            let (request, in_flight) = compose(connection, &me, now, (link_bytes, takes_packs))?;
            Ok((request, in_flight, next_counter(connection, now)?))
        })?;
        self.in_flight = Some(in_flight);
        self.signed(&me, (PATH, counter), request.encode()?).map(Some)
    }

    /// Signs a body and counts it.
    fn signed(&mut self, me: &Me, (path, counter): (&'static str, u64), body: Vec<u8>) -> Result<Request, FieldError> {
        let seen = SeenRequest { method: "POST", path, body: &body };
        let signature = RequestSignature::sign(&me.key, me.device, counter, seen)?;
        self.report.requests += 1;
        self.report.bytes_up += u64::try_from(body.len()).unwrap_or(0);
        let headers = vec![
            ("content-type".to_owned(), "application/vnd.daohu.sync+cbor".to_owned()),
            ("content-encoding".to_owned(), "zstd".to_owned()),
            ("daohu-signature".to_owned(), signature),
        ];
        Ok(Request { method: "POST", path: path.to_owned(), headers, body })
    }

    fn next_comparison(&mut self, ledger: &mut Ledger, me: &Me, now: Stamp) -> Result<Request, FieldError> {
        let link_bytes = self.link_bytes;
        let comparison = match &mut self.comparison {
            Some(comparison) => comparison,
            none => none.insert(Comparison::begin(&ledger.connection)?),
        };
        let request = comparison.request(me, link_bytes);
        let counter = in_transaction(&mut ledger.connection, |connection| next_counter(connection, now))?;
        self.signed(me, (REPAIR_PATH, counter), request.encode()?)
    }

    fn on_comparison(&mut self, ledger: &mut Ledger, mut comparison: Comparison, response: &Response) -> Result<(), FieldError> {
        if matches!(response.status, 404 | 405) {
            self.report.repaired = true;
            return repair::read_all_instead(&ledger.connection);
        }
        if response.status != 200 {
            return self.on_refusal(ledger, response);
        }
        let me = ledger.me()?;
        let stranger = |error| FieldError::new("not_our_server").because(error);
        let answer = RepairAnswer::decode(&response.body).map_err(stranger).inspect_err(|_| self.goes_on = false)?;
        let server_key = meta::bytes32(&ledger.connection, key::SERVER_KEY)?.unwrap_or_default();
        answer.head.verify(&server_key).map_err(stranger).inspect_err(|_| self.goes_on = false)?;
        let taken = in_transaction(&mut ledger.connection, |connection| comparison.take(connection, &me, &answer));
        let repaired = taken.inspect_err(|_| self.goes_on = false)?;
        self.tries = 0;
        self.report.pulled += repaired.pulled;
        self.report.only_here += repaired.only_here;
        self.report.repaired = repaired.is_done;
        if repaired.forked {
            self.goes_on = false;
            return Err(FieldError::new("batch_fork"));
        }
        if !repaired.is_done {
            self.comparison = Some(comparison);
        }
        Ok(())
    }

    /// Takes what came back, in one transaction with its cursors.
    ///
    /// # Errors
    /// The server's code; `not_our_server` for a body that is not from the enrolled server. Nothing counts as sent
    /// then, and the next sync sends the same bytes again.
    pub fn on_response(&mut self, ledger: &mut Ledger, response: &Response) -> Result<(), FieldError> {
        self.report.bytes_down += u64::try_from(response.body.len()).unwrap_or(0);
        if !self.is_known_address {
            address::is_the_enrolled_server(&ledger.connection, response).inspect_err(|_| self.goes_on = false)?;
            self.is_known_address = true;
            self.tries = 0;
            return Ok(());
        }
        if self.packs.is_asked() {
            return self.on_part(ledger, response);
        }
        if let Some(comparison) = self.comparison.take() {
            return self.on_comparison(ledger, comparison, response);
        }
        let Some(in_flight) = self.in_flight.take() else { return Ok(()) };
        if response.status != 200 {
            return self.on_refusal(ledger, response);
        }
        let answer = self.trusted(ledger, response).inspect_err(|_| self.goes_on = false)?;
        let now = ledger.stamp()?;
        let taken = apply::Taken {
            answer: &answer,
            now,
            midway_mono_ms: i64::midpoint(in_flight.sent_mono_ms, now.mono_ms),
            cursors: &in_flight.cursors,
            head: in_flight.head,
            wanted_own: in_flight.wanted_own,
        };
        let applied = in_transaction(&mut ledger.connection, |connection| {
            meta::forget(connection, key::CLOSED)?;
            apply::apply(connection, &taken)
        })?;
        self.tries = 0;
        let elapsed = now.mono_ms.saturating_sub(in_flight.sent_mono_ms);
        if elapsed < FAST_MS {
            self.link_bytes = self.link_bytes.saturating_mul(2).min(MAX_BYTES_CEILING);
        }
        self.link_bytes = self.link_bytes.min(answer.max_bytes.max(MAX_BYTES_FLOOR));
        meta::set_number(&ledger.connection, key::LINK_BYTES, i64::from(self.link_bytes.min(MAX_BYTES_START)))?;
        if let Some(server) = &self.options.server {
            meta::set(&ledger.connection, key::SERVER, server)?;
        }
        let (goes_on_pushing, forked) = (!in_flight.pushes || applied.receipts > 0, applied.forked);
        self.add(&answer, applied);
        if forked {
            self.goes_on = false;
            return Err(FieldError::new("batch_fork"));
        }
        self.wants_more |= self.packs.is_open(&ledger.connection)?;
        let compares = repair::is_wanted(&ledger.connection)? && !self.report.repaired;
        self.goes_on |= compares;
        let is_unsent = outbox::count_open(&ledger.connection)? > 0 || crate::store::change::count_unsent(&ledger.connection)? > 0;
        // Who catches up sends nothing before it has read everything, packs too.
        let catches_up = catch_up::is_catching_up(&ledger.connection)?;
        self.packs.hold(is_unsent && goes_on_pushing && !catches_up);
        let waits = compares || is_unsent || catches_up;
        self.settle(waits);
        Ok(())
    }

    /// Takes note that the request was lost on the way; the next one is half as big.
    ///
    /// # Errors
    /// `offline` once the link counts as dead. Everything that was sealed is kept and goes the next time.
    pub fn on_failure(&mut self, ledger: &mut Ledger) -> Result<(), FieldError> {
        self.in_flight = None;
        self.packs.was_lost();
        // A comparison begins anew: the question that was lost was the only one that could follow the last answer.
        self.comparison = None;
        self.shrink(ledger)?;
        self.tries += 1;
        if self.tries >= TRIES_MAX {
            self.goes_on = false;
            return Err(FieldError::new("offline"));
        }
        Ok(())
    }

    /// Returns what the conversation did so far.
    #[must_use]
    pub fn finish(self) -> SyncReport {
        self.report
    }

    /// Takes a part of a pack. One that is gone, damaged or not to be had is left, and rows bring the same.
    fn on_part(&mut self, ledger: &mut Ledger, response: &Response) -> Result<(), FieldError> {
        self.tries = 0;
        let fast = ledger.stamp()?.mono_ms.saturating_sub(self.packs.sent_mono_ms()) < FAST_MS;
        match self.packs.on_response(ledger, response)? {
            Part::Refused => return self.on_refusal(ledger, response),
            Part::Left => {}
            Part::Taken(applied) => {
                if fast {
                    self.link_bytes = self.link_bytes.saturating_mul(2).min(MAX_BYTES_CEILING);
                }
                self.report.pulled += applied.pulled;
                self.report.refused.extend(applied.refused);
                if applied.forked {
                    self.goes_on = false;
                    return Err(FieldError::new("batch_fork"));
                }
            }
        }
        // Whatever became of it, the tail or the rows are still to be asked for.
        self.goes_on = true;
        self.wants_more = true;
        Ok(())
    }

    fn shrink(&mut self, ledger: &Ledger) -> Result<(), FieldError> {
        self.link_bytes = (self.link_bytes / 2).max(MAX_BYTES_FLOOR);
        meta::set_number(&ledger.connection, key::LINK_BYTES, i64::from(self.link_bytes.min(MAX_BYTES_START)))
    }

    fn on_refusal(&mut self, ledger: &Ledger, response: &Response) -> Result<(), FieldError> {
        self.goes_on = false;
        let refusal = response.refusal();
        // Nobody signs a refusal: it is shown and opens the way to enrol anew, and the next accepted exchange takes it back.
        if matches!(refusal.code(), "device_revoked" | "batch_fork" | "unknown_device" | "bad_signature") {
            meta::set(&ledger.connection, key::CLOSED, refusal.code())?;
        }
        match refusal.code() {
            "too_big" => self.shrink(ledger)?,
            "bad_signature" => {
                let counter = meta::number(&ledger.connection, key::COUNTER)?;
                meta::set_number(&ledger.connection, key::COUNTER, counter.saturating_add(COUNTER_LEAP))?;
            }
            _ => {}
        }
        Err(refusal)
    }

    /// Reads an answer and makes sure that the enrolled server gave it.
    fn trusted(&self, ledger: &Ledger, response: &Response) -> Result<SyncAnswer, FieldError> {
        let stranger = || FieldError::new("not_our_server");
        let answer = SyncAnswer::decode(&response.body).map_err(|error| stranger().because(error))?;
        let server_key = meta::bytes32(&ledger.connection, key::SERVER_KEY)?.ok_or_else(stranger)?;
        answer.head.verify(&server_key).map_err(|error| stranger().because(error))?;
        Ok(answer)
    }

    fn add(&mut self, answer: &SyncAnswer, applied: Applied) {
        self.report.pushed += applied.pushed;
        self.report.pulled += applied.pulled;
        self.report.receipts += applied.receipts;
        self.report.refused.extend(applied.refused);
        self.report.revoked.extend(applied.purged);
        self.report.restored |= applied.restored;
        self.report.caught_up += applied.caught_up;
        self.report.lost.extend(applied.lost);
        self.report.server_time = Some(Instant(answer.server_time_ms));
        self.goes_on = applied.moved;
        self.wants_more = answer.more || applied.given > 0 || applied.restored || applied.proves;
    }

    /// Goes on only while each exchange moves something: a server that never answers to a batch must not hold a phone.
    fn settle(&mut self, waits: bool) {
        let wanted = self.wants_more || waits;
        self.report.more = wanted && !self.goes_on;
        self.goes_on &= wanted;
    }
}

/// Returns the counter of the next request. It follows the wall clock, so that a copy of this store, and a backup that was put back, are
/// not taken for somebody who plays old requests again.
fn next_counter(connection: &Connection, now: Stamp) -> Result<u64, FieldError> {
    let counter = meta::number(connection, key::COUNTER)?.saturating_add(1).max(now.wall_ms);
    meta::set_number(connection, key::COUNTER, counter)?;
    Ok(count(counter))
}

/// Puts a request together from what is stored.
fn compose(
    connection: &Connection,
    me: &Me,
    now: Stamp,
    (link_bytes, takes_packs): (u32, bool),
) -> Result<(SyncRequest, InFlight), FieldError> {
    let mut request = SyncRequest::new(me.device, now.wall_ms);
    let catches_up = catch_up::is_catching_up(connection)?;
    request.caps = CAP_WANT_PROOF;
    if takes_packs {
        request.caps |= CAP_TAKES_PACKS;
    }
    if catches_up {
        request.caps |= CAP_WANT_OWN;
    }
    if repair::is_check_due(connection, now.wall_ms)? {
        request.caps |= CAP_WANT_DIGEST;
    }
    request.last_batch = Some(outbox::last(connection, me.device)?.map_or(0, |(number, _)| number));
    request.server_epoch = count(meta::number(connection, key::EPOCH)?);
    request.policy_rev = count(meta::number(connection, key::POLICY_REV)?);
    request.max_bytes = link_bytes;
    for grant in access::grants(connection, access::IN_FORCE)? {
        request.cursors.push(Cursor { grant: grant.id, seq: grant.seq });
    }
    if let Some(root) = meta::bytes32(connection, key::TREE_ROOT)? {
        request.head = Some((count(meta::number(connection, key::TREE_SIZE)?), root));
    }
    let raw_max = seal::raw_bytes_max(link_bytes);
    let mut raw = 0;
    let batches_max = if catches_up { 0 } else { u32::try_from(BATCHES_PER_REQUEST_MAX).unwrap_or(1) };
    for row in outbox::open_batches(connection, me.device, batches_max)? {
        let batch: Batch = seal::stored(connection, &row)?;
        raw += batch.items.iter().map(|item| item.bytes.len()).sum::<usize>();
        if raw > raw_max && !request.batches.is_empty() {
            break;
        }
        request.batches.push(batch);
    }
    let in_flight = InFlight {
        sent_mono_ms: now.mono_ms,
        pushes: !request.batches.is_empty(),
        cursors: request.cursors.clone(),
        head: request.head,
        wanted_own: catches_up,
    };
    Ok((request, in_flight))
}
