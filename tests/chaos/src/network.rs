//! Between a phone and the server: everything that networks, portals and dying servers do to a request and its answer.

use crate::{
    Outcome,
    phone::Called,
    tally::{Fault, State},
    template,
    town::{REPAIR, SYNC},
    world::World,
};
use daohu_field::{EnrolOptions, FieldError, Request, Response, SyncOptions, SyncReport};
use daohu_wire::{BatchStatus, Leaf, PackOffer, Receipt, SyncAnswer, SyncRequest, repair::RepairAnswer};
use sha2::{Digest, Sha256};

/// What may go wrong with one exchange.
const WEATHER: [Fault; 18] = [
    Fault::RequestLost,
    Fault::ResponseLost,
    Fault::RequestTwice,
    Fault::OldRequest,
    Fault::OldAnswer,
    Fault::CutAnswer,
    Fault::CutBody,
    Fault::SlowLink,
    Fault::Portal,
    Fault::Status500,
    Fault::Status413,
    Fault::Status429,
    Fault::ServerFull,
    Fault::ForgedReceipt,
    Fault::ServerCrashInCall,
    Fault::ServerCrashBeforeReply,
    Fault::ServerTornCheckpoint,
    Fault::OldAnswer,
];

/// Codes after which a phone has to be enrolled anew.
pub(crate) const CLOSED: [&str; 3] = ["batch_fork", "device_revoked", "unknown_device"];
/// Requests that are kept to be delivered again.
const KEPT: usize = 8;
/// Exchanges after which one sync must have come to its end.
const EXCHANGES_MAX: u32 = 80;

/// What a sync came to.
#[derive(Debug, Default)]
pub(crate) struct Synced {
    pub(crate) report: SyncReport,
    /// The code it ended with, if it did not end well.
    pub(crate) code: Option<String>,
    /// The phone died in it.
    pub(crate) died: bool,
}

impl World {
    /// Syncs a phone as far as the link allows.
    pub(crate) fn sync(&mut self, n: usize) -> Outcome<Synced> {
        let synced = self.converse(n)?;
        self.note_pack_cut(n)?;
        Ok(synced)
    }

    fn converse(&mut self, n: usize) -> Outcome<Synced> {
        let is_bad = !self.is_calm && self.dice.chance(55);
        let options = SyncOptions { first_bytes: self.dice.chance(20).then_some(16_384), ..SyncOptions::default() };
        let mut conversation = self.phone(n)?.ledger()?.begin_sync(options)?;
        let mut synced = Synced::default();
        for count in 0.. {
            if count > EXCHANGES_MAX {
                return Err(format!("phone {n}: a sync of more than {EXCHANGES_MAX} exchanges").into());
            }
            let request = match self.call(n, |ledger| conversation.next_request(ledger))? {
                Called::Died(..) => return Ok(Synced { died: true, ..synced }),
                Called::Ended(Err(error)) => return self.ended(n, synced, conversation.finish(), Some(&error)),
                Called::Ended(Ok(None)) => return self.ended(n, synced, conversation.finish(), None),
                Called::Ended(Ok(Some(request))) => request,
            };
            self.trace.line(format!("  {n} asks {} {}", request.path, short(&request.body)));
            self.note_asked(n, &request.path)?;
            let fault = if is_bad && self.dice.chance(60) { self.dice.pick(&WEATHER).copied() } else { None };
            let reply = self.exchange(n, &request, fault)?;
            let told = self.call(n, |ledger| match &reply {
                Some(response) => conversation.on_response(ledger, response),
                None => conversation.on_failure(ledger),
            })?;
            match told {
                Called::Died(..) => return Ok(Synced { died: true, ..synced }),
                Called::Ended(Err(error)) => synced.code = Some(error.code().to_owned()),
                Called::Ended(Ok(())) => synced.code = None,
            }
        }
        Ok(synced)
    }

    fn ended(&mut self, n: usize, mut synced: Synced, report: SyncReport, error: Option<&FieldError>) -> Outcome<Synced> {
        if let Some(error) = error {
            synced.code = Some(error.code().to_owned());
        }
        if report.repaired {
            self.tally.state(State::Compared);
        }
        if report.only_here > 0 {
            self.tally.state(State::OnlyHere);
        }
        if report.restored {
            self.tally.state(State::RestoredSeen);
        }
        if !report.revoked.is_empty() {
            self.tally.state(State::Purged);
        }
        if !report.refused.is_empty() {
            self.tally.state(State::RefusedOnPhone);
        }
        match synced.code.as_deref() {
            Some("offline") => self.tally.state(State::Offline),
            Some(code) if CLOSED.contains(&code) => self.tally.state(State::Closed),
            _ => {}
        }
        self.trace.line(format!(
            "  {n} pushed {} pulled {} receipts {} refused {:?} revoked {:?} restored {} more {} code {:?}",
            report.pushed,
            report.pulled,
            report.receipts,
            report.refused.iter().map(|item| item.code.to_string()).collect::<Vec<_>>(),
            report.revoked,
            report.restored,
            report.more,
            synced.code
        ));
        if synced.code.is_none() && !report.more {
            self.phone(n)?.is_behind = false;
        }
        synced.report = report;
        for (phone, household) in std::mem::take(&mut self.awaited) {
            if phone == n && self.phone(n)?.ledger()?.household(&household.to_string()).is_ok() {
                self.tally.state(State::Backfill);
            } else {
                self.awaited.push((phone, household));
            }
        }
        Ok(synced)
    }

    /// Carries one request; nothing comes back where the link breaks.
    fn exchange(&mut self, n: usize, request: &Request, fault: Option<Fault>) -> Outcome<Option<Response>> {
        if let Some(fault) = fault {
            self.trace.line(format!("  {}", fault.text()));
        }
        let reply = self.weather(n, request, fault)?;
        if let Some(answer) = reply.as_ref().filter(|answer| answer.status == 200) {
            self.note_answer(n, request, answer)?;
        }
        if request.path == SYNC {
            self.requests.push(request.clone());
            if self.requests.len() > KEPT {
                self.requests.remove(0);
            }
        }
        Ok(reply)
    }

    /// Notes what came over the network: batches, packs, and what a comparison brought.
    fn note_answer(&mut self, n: usize, request: &Request, answer: &Response) -> Outcome {
        if request.path == SYNC
            && let (Ok(asked), Ok(told)) = (SyncRequest::decode(&request.body), SyncAnswer::decode(&answer.body))
        {
            for batch in &asked.batches {
                let header = batch.header()?;
                if told.receipts.iter().any(|receipt| receipt.leaf.body == batch.body_hash()) {
                    self.note_sent((header.device, header.number));
                }
            }
            if !told.packs.is_empty() {
                self.phone(n)?.offers = told.packs;
            }
        }
        let hash = Sha256::digest(&answer.body);
        let is_last = |offer: &PackOffer| offer.chunks.last().is_some_and(|chunk| chunk.hash[..] == hash[..]);
        if self.phone(n)?.offers.iter().any(is_last) {
            self.phone(n)?.pack = None;
            self.tally.state(State::PackRead);
        }
        if request.path == REPAIR
            && let Ok(told) = RepairAnswer::decode(&answer.body)
            && told.pulled.iter().any(|pulled| !pulled.items.is_empty())
        {
            self.tally.state(State::RepairFound);
        }
        Ok(())
    }

    /// Notes which part of a pack a phone asks for: after a cut, not the first one again.
    fn note_asked(&mut self, n: usize, path: &str) -> Outcome {
        let Some((pack, part)) = path.strip_prefix("/v1/packs/").and_then(|rest| rest.rsplit_once('/')) else { return Ok(()) };
        let phone = self.phone(n)?;
        let was_cut = std::mem::take(&mut phone.is_pack_cut) && phone.pack.as_deref() == Some(pack);
        let seq = pack.rsplit('/').next().unwrap_or_default();
        let of_pack = phone.offers.iter().filter(|offer| offer.seq.to_string() == seq);
        let is_first = of_pack.filter_map(|offer| offer.chunks.first()).any(|chunk| chunk.n.to_string() == part);
        phone.pack = Some(pack.to_owned());
        if was_cut && !is_first {
            self.tally.state(State::PackResumed);
        }
        Ok(())
    }

    /// Notes that a sync ended while a pack was being fetched.
    fn note_pack_cut(&mut self, n: usize) -> Outcome {
        let phone = self.phone(n)?;
        if phone.pack.is_some() && !std::mem::replace(&mut phone.is_pack_cut, true) {
            self.tally.fault(Fault::PackCut);
        }
        Ok(())
    }

    fn weather(&mut self, n: usize, request: &Request, fault: Option<Fault>) -> Outcome<Option<Response>> {
        use Fault as F;
        let Some(fault) = fault else {
            let answer = self.town.carry(request)?;
            if answer.status == 200 {
                self.answers.insert(n, answer.clone());
            }
            return Ok(Some(answer));
        };
        if matches!(fault, F::OldAnswer | F::ForgedReceipt | F::OldRequest) {
            return self.adversary(n, request, fault);
        }
        self.tally.fault(fault);
        Ok(match fault {
            F::ResponseLost | F::CutAnswer => {
                self.town.carry(request)?;
                None
            }
            F::RequestTwice => {
                let first = self.town.carry(request)?;
                let second = self.town.carry(request)?;
                Some(if self.dice.chance(50) { first } else { second })
            }
            F::CutBody => {
                let mut answer = self.town.carry(request)?;
                let keep = self.dice.below(u64::try_from(answer.body.len())?);
                answer.body.truncate(usize::try_from(keep)?);
                Some(answer)
            }
            F::SlowLink => {
                self.pass(self.dice.between(1_000, 30_000));
                let answer = self.town.carry(request)?;
                self.pass(self.dice.between(1_000, 60_000));
                Some(answer)
            }
            F::Portal => Some(Response { status: 200, headers: Vec::new(), body: b"<html><body>Please sign in</body></html>".to_vec() }),
            F::Status500 => Some(Response { status: 502, headers: Vec::new(), body: b"<html>Bad Gateway</html>".to_vec() }),
            F::Status413 => Some(daohu_carry::refusal(413, "too_big")),
            F::Status429 => Some(daohu_carry::refusal(429, "server_busy")),
            F::ServerFull => Some(daohu_carry::refusal(507, "server_full")),
            F::ServerCrashInCall => {
                let mark = self.town.mark()?;
                self.town.carry(request)?;
                let cut = self.town.crash(Some(&mark), &self.dice)?;
                if cut > 0 {
                    self.tally.state(State::CutBytes);
                }
                self.pass(0);
                None
            }
            F::ServerCrashBeforeReply => {
                self.town.carry(request)?;
                self.town.crash(None, &self.dice)?;
                self.pass(0);
                None
            }
            F::ServerTornCheckpoint => {
                self.town.carry(request)?;
                self.town.tear(&self.dice)?;
                self.pass(0);
                None
            }
            _ => None,
        })
    }

    /// What somebody in between does who sees what goes by: delivers it late, again, or with receipts of his own making.
    fn adversary(&mut self, n: usize, request: &Request, fault: Fault) -> Outcome<Option<Response>> {
        match fault {
            Fault::OldRequest => {
                if let Some(old) = self.dice.pick(&self.requests).cloned() {
                    self.tally.fault(fault);
                    self.town.carry(&old)?;
                }
                Ok(Some(self.town.carry(request)?))
            }
            Fault::OldAnswer if self.answers.contains_key(&n) => {
                self.tally.fault(fault);
                Ok(self.answers.get(&n).cloned())
            }
            Fault::ForgedReceipt => {
                let forged = self.answers.get(&n).map(|old| forge(old, request)).transpose()?.flatten();
                if forged.is_some() {
                    self.tally.fault(fault);
                }
                Ok(forged)
            }
            _ => Ok(None),
        }
    }

    /// Enrols a phone anew that was told to; a lost answer is asked for again with the same code.
    pub(crate) fn enrol_anew(&mut self, n: usize) -> Outcome<bool> {
        // What a restored server lost of the id that ends now is written again under the new one, as other changes than those that others hold.
        self.lose_with_the_phone(n)?;
        let login = self.phone(n)?.login;
        let code = template::code(&self.town, login)?;
        for _ in 0..4 {
            let options = EnrolOptions { server: "http://chaos".to_owned(), code: code.clone(), label: "再".to_owned(), ca: None };
            let key = self.phone(n)?.store().1;
            let begun = match self.call(n, |ledger| ledger.begin_enrol(options, key))? {
                Called::Died(..) => continue,
                Called::Ended(Err(error)) => {
                    // A phone that died after it had kept the answer is enrolled already.
                    self.trace.line(format!("  {n} is not enrolled anew: {}", error.code()));
                    return Ok(error.code() == "already_enrolled");
                }
                Called::Ended(Ok(begun)) => begun,
            };
            if self.enrol_once(n, begun)? {
                self.tally.state(State::EnrolledAnew);
                self.trace.line(format!("  {n} is enrolled anew"));
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn enrol_once(&mut self, n: usize, mut conversation: daohu_field::EnrolConversation) -> Outcome<bool> {
        loop {
            let request = match self.call(n, |ledger| conversation.next_request(ledger))? {
                Called::Ended(Ok(Some(request))) => request,
                Called::Ended(Ok(None)) => return Ok(true),
                Called::Ended(Err(_)) | Called::Died(..) => return Ok(false),
            };
            let answer = self.town.carry(&request)?;
            if !self.is_calm && self.dice.chance(15) {
                self.tally.fault(Fault::ResponseLost);
                return Ok(false);
            }
            match self.call(n, |ledger| conversation.on_response(ledger, &answer))? {
                Called::Ended(Ok(())) => {}
                Called::Ended(Err(error)) => {
                    self.trace.line(format!("  enrolment of {n}: {}", error.code()));
                    return Ok(false);
                }
                // It may have been kept: the next start tells.
                Called::Died(..) => return Ok(false),
            }
        }
    }
}

/// Makes an answer whose head the server did sign, with receipts for the batches of the request, which it never saw.
fn forge(old: &Response, request: &Request) -> Outcome<Option<Response>> {
    let Ok(asked) = SyncRequest::decode(&request.body) else { return Ok(None) };
    let Ok(mut answer) = SyncAnswer::decode(&old.body) else { return Ok(None) };
    if asked.batches.is_empty() {
        return Ok(None);
    }
    answer.receipts.clear();
    answer.statuses.clear();
    for batch in &asked.batches {
        let header = batch.header()?;
        let leaf = Leaf::batch(batch.body_hash(), answer.server_time_ms, Vec::new(), header.device, header.number);
        let index = answer.head.head().size.saturating_sub(1);
        answer.receipts.push(Receipt {
            leaf,
            index,
            path: Vec::new(),
            head: answer.head.clone(),
            cose: Vec::new(),
            items: Vec::new(),
            codes: Vec::new(),
        });
        answer.statuses.push(BatchStatus { batch: header.number, ok: header.count, items: Vec::new() });
    }
    Ok(Some(Response { status: 200, headers: Vec::new(), body: answer.encode()? }))
}

/// Names bytes in the trace.
fn short(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes)).chars().take(16).collect()
}
