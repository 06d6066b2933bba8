//! Enrolment: a new device shows a one-time code and learns whom it works for.
//!
//! The device's id and key are stored before they are first sent, so that a lost answer is asked for again with the
//! same ones. A copy of the store key goes along, sealed to the server: a forgotten PIN must not cost a draft.

use crate::{
    error::FieldError,
    exchange::{Request, Response},
    ledger::Ledger,
    port::Random,
    store::{
        Connection, StoreKey, access, in_transaction,
        meta::{self, key},
        outbox, time,
    },
    sync::{address, catch_up, policy},
};
use daohu_domain::id::Id;
use daohu_wire::{DeviceKey, EnrolAnswer, EnrolRequest, ServerConfig, limits, seal};
use serde::{Deserialize, Serialize};

/// How often a phone draws a new id when the server knows a device whose id ends alike.
const DRAWS_MAX: u32 = 8;

/// What a person enters to enrol.
#[derive(Debug, Clone, Default)]
pub struct EnrolOptions {
    /// The address of the server.
    pub server: String,
    /// The one-time code.
    pub code: String,
    /// What the office should call this device.
    pub label: String,
    /// A file with the office's own certificate authority, remembered for later.
    pub ca: Option<String>,
}

/// What enrolment answers.
#[derive(Debug, Clone, Serialize)]
pub struct EnrolReport {
    /// The device.
    pub device: Id,
    /// The user.
    pub user: Id,
    /// The first role.
    pub role: String,
    /// The log's public key, hex.
    pub server_key: String,
    /// The grants.
    pub grants: Vec<GrantReport>,
}

/// A grant as it is shown.
#[derive(Debug, Clone, Serialize)]
pub struct GrantReport {
    /// The grant's number.
    pub id: u64,
    /// The place.
    pub place: daohu_domain::place::Place,
    /// The one household, if it is about one.
    pub household: Option<Id>,
    /// True for what everybody reads of a township.
    pub reference: bool,
}

/// What is stored before the first request.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Pending {
    device: Id,
    seed: String,
    code: String,
    server: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    AskConfig,
    AskEnrol,
    Done,
}

/// The conversation that enrols a device.
#[derive(Debug)]
pub struct EnrolConversation {
    options: EnrolOptions,
    store_key: StoreKey,
    phase: Phase,
    pending: Pending,
    config: Option<ServerConfig>,
    draws: u32,
    sent_mono_ms: i64,
}

impl Ledger {
    /// Begins to enrol this device; `store_key` is the key this ledger was opened with.
    ///
    /// # Errors
    /// `already_enrolled` while the present enrolment still holds.
    pub fn begin_enrol(&mut self, options: EnrolOptions, store_key: StoreKey) -> Result<EnrolConversation, FieldError> {
        let enrolled = meta::id(&self.connection, key::DEVICE)?.is_some();
        let over = [key::CLOSED, key::MOVED, key::RESTORED];
        let is_over = over.iter().try_fold(false, |is, key| Ok::<_, FieldError>(is || meta::text(&self.connection, key)?.is_some()))?;
        if enrolled && !is_over {
            return Err(FieldError::new("already_enrolled"));
        }
        let kept = meta::text(&self.connection, key::PENDING)?.and_then(|text| serde_json::from_str::<Pending>(&text).ok());
        let pending = match kept {
            Some(pending) if pending.code == options.code && pending.server == options.server => pending,
            _ => self.draw(&options)?,
        };
        Ok(EnrolConversation { options, store_key, phase: Phase::AskConfig, pending, config: None, draws: 1, sent_mono_ms: 0 })
    }

    /// Draws and stores a new id and key.
    fn draw(&mut self, options: &EnrolOptions) -> Result<Pending, FieldError> {
        let mut seed = [0; 32];
        self.random.fill(&mut seed);
        let pending =
            Pending { device: self.new_id(), seed: hex::encode(seed), code: options.code.clone(), server: options.server.clone() };
        let text = serde_json::to_string(&pending).map_err(|error| FieldError::new("store_failed").because(error))?;
        meta::set(&self.connection, key::PENDING, &text)?;
        Ok(pending)
    }
}

impl EnrolConversation {
    /// Returns the address of the server.
    #[must_use]
    pub fn server(&self) -> &str {
        &self.options.server
    }

    /// Returns what to carry next, or `None` when all is done.
    ///
    /// # Errors
    /// `store_failed` when what is to be sent cannot be made.
    pub fn next_request(&mut self, ledger: &mut Ledger) -> Result<Option<Request>, FieldError> {
        self.sent_mono_ms = ledger.clock.mono_ms();
        match self.phase {
            Phase::AskConfig => Ok(Some(address::who_is_there())),
            Phase::AskEnrol => {
                let key = self.key()?;
                let request = EnrolRequest {
                    code: self.pending.code.clone(),
                    device: self.pending.device,
                    public_key: key.public(),
                    label: self.options.label.clone(),
                    store_key_sealed: self.sealed_store_key(ledger.random.as_ref())?,
                    proto: (limits::PROTO_MIN, limits::PROTO_MAX),
                };
                let headers = vec![("content-type".to_owned(), "application/cbor".to_owned())];
                Ok(Some(Request { method: "POST", path: "/v1/enrol".to_owned(), headers, body: request.seal(&key)? }))
            }
            Phase::Done => Ok(None),
        }
    }

    /// Takes what came back.
    ///
    /// # Errors
    /// The server's code, `server_busy` where it has no time, or `not_our_server`. The drawn key stays, so that the same code can be tried again.
    pub fn on_response(&mut self, ledger: &mut Ledger, response: &Response) -> Result<(), FieldError> {
        match self.phase {
            Phase::AskConfig => {
                // An address that is no daohu server must not learn the code.
                address::answered(response)?;
                let config = ServerConfig::from_json(&response.body).map_err(|_| FieldError::new("not_our_server"))?;
                self.config = Some(config);
                self.phase = Phase::AskEnrol;
                Ok(())
            }
            Phase::AskEnrol if response.status == 409 && self.draws < DRAWS_MAX => {
                self.draws += 1;
                self.pending = ledger.draw(&self.options)?;
                Ok(())
            }
            Phase::AskEnrol if response.status != 200 => Err(response.refusal()),
            Phase::AskEnrol => self.take_answer(ledger, response),
            Phase::Done => Ok(()),
        }
    }

    /// Returns what the conversation brought.
    ///
    /// # Errors
    /// `not_enrolled` when it did not come to its end.
    pub fn finish(self, ledger: &Ledger) -> Result<EnrolReport, FieldError> {
        let missing = || FieldError::new("not_enrolled");
        let connection = &ledger.connection;
        if self.phase != Phase::Done {
            return Err(missing());
        }
        Ok(EnrolReport {
            device: meta::id(connection, key::DEVICE)?.ok_or_else(missing)?,
            user: meta::id(connection, key::USER)?.ok_or_else(missing)?,
            role: meta::text(connection, key::ROLE)?.unwrap_or_default(),
            server_key: meta::text(connection, key::SERVER_KEY)?.unwrap_or_default(),
            grants: grants(connection)?,
        })
    }

    fn key(&self) -> Result<DeviceKey, FieldError> {
        let seed = hex::decode(&self.pending.seed).ok().and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
        seed.map(|seed| DeviceKey::from_seed(&seed)).ok_or_else(|| FieldError::new("store_damaged"))
    }

    fn sealed_store_key(&self, random: &dyn Random) -> Result<Option<Vec<u8>>, FieldError> {
        let Some(to) = self.config.as_ref().and_then(|config| hex::decode(&config.seal_key).ok()) else { return Ok(None) };
        let Ok(to) = <[u8; 32]>::try_from(to) else { return Ok(None) };
        let mut drawn = [0; 32];
        random.fill(&mut drawn);
        let purpose = (seal::INFO_STORE_KEY, self.pending.device.as_bytes().as_slice());
        Ok(Some(seal::seal(&to, purpose, &self.store_key, &drawn)?))
    }

    fn take_answer(&mut self, ledger: &mut Ledger, response: &Response) -> Result<(), FieldError> {
        let answer = EnrolAnswer::decode(&response.body).map_err(|_| FieldError::new("not_our_server"))?;
        let promised = self.config.as_ref().map(|config| config.server_key.clone()).unwrap_or_default();
        if answer.device != self.pending.device || hex::encode(answer.server_key) != promised {
            return Err(FieldError::new("not_our_server"));
        }
        let earlier = meta::id(&ledger.connection, key::USER)?;
        if let Some(user) = earlier.filter(|user| *user != answer.user)
            && meta::id(&ledger.connection, key::PERSON)? != Some(answer.person)
        {
            return Err(other_user(user));
        }
        let (pending, ca) = (self.pending.clone(), self.options.ca.clone());
        let midway = i64::midpoint(self.sent_mono_ms, ledger.clock.mono_ms());
        let stamp = ledger.stamp()?;
        in_transaction(&mut ledger.connection, |connection| {
            keep(connection, &answer, &pending, ca.as_deref())?;
            // What is read from the beginning need not be compared at once.
            meta::set_number(connection, key::LAST_CHECK, stamp.wall_ms)?;
            meta::set_number(connection, key::POLICY_AT, answer.server_time_ms)?;
            time::add_anchor(connection, stamp.boot, midway, answer.server_time_ms)?;
            if earlier.is_some() {
                // What of it the server holds already is seen first; the rest is then written again as this device.
                outbox::forget_open(connection, pending.device)?;
                catch_up::begin(connection)?;
            }
            Ok(())
        })?;
        self.phase = Phase::Done;
        Ok(())
    }
}

/// Refuses an account that is neither the one of this store nor of the same cadre. After an older backup the office may have to say that
/// it is the same person: for that the id is told, which says nothing of anybody.
fn other_user(user: Id) -> FieldError {
    FieldError::new("other_user")
        .saying(
            &format!("这本账是别人的，换人请另建一本。服务器刚从旧备份恢复的，请办公室重建账号时写 user add --id {user}。"),
            &format!(
                "This store belongs to another user; make a store of your own. Where the server was restored from an older backup, the \
                 office adds the account again with user add --id {user}."
            ),
        )
        .with(serde_json::json!({ "user": user }))
}

/// Stores who this device is; batch numbers of an earlier enrolment are forgotten with it.
fn keep(connection: &Connection, answer: &EnrolAnswer, pending: &Pending, ca: Option<&str>) -> Result<(), FieldError> {
    meta::set(connection, key::DEVICE, &answer.device.to_string())?;
    meta::set(connection, key::SEED, &pending.seed)?;
    meta::set(connection, key::USER, &answer.user.to_string())?;
    meta::set(connection, key::PERSON, &answer.person.to_string())?;
    meta::set(connection, key::NAME, &answer.name)?;
    meta::set(connection, key::ROLE, &answer.role)?;
    meta::set(connection, key::ROLES, &answer.roles.join(","))?;
    meta::set(connection, key::SERVER, &pending.server)?;
    meta::set_bytes(connection, key::SERVER_KEY, &answer.server_key)?;
    meta::set_bytes(connection, key::SEAL_KEY, &answer.seal_key)?;
    meta::set(connection, key::EPOCH, &answer.epoch.to_string())?;
    if let Some(ca) = ca {
        meta::set(connection, key::CA, ca)?;
    }
    meta::forget(connection, key::PENDING)?;
    for over in [key::CLOSED, key::MOVED, key::RESTORED] {
        meta::forget(connection, over)?;
    }
    meta::forget(connection, key::COUNTER)?;
    meta::forget(connection, key::EXPORTED)?;
    meta::forget(connection, key::BEHIND)?;
    policy::keep(connection, &answer.policy)?;
    Ok(())
}

/// Returns the grants in force as they are shown.
pub(crate) fn grants(connection: &Connection) -> Result<Vec<GrantReport>, FieldError> {
    let rows = access::grants(connection, access::IN_FORCE)?;
    Ok(rows
        .into_iter()
        .map(|row| GrantReport { id: row.id, place: row.place, household: row.household, reference: row.reference })
        .collect())
}
