//! Enrolment: a new device shows a one-time code and becomes the device of that code's user.
//!
//! Guessing is bounded twice: wrong rests lock the code, unknown names lock the address. The same device may ask again with the same
//! code, because its first answer may have been lost.

use daohu_domain::id::Id;
use daohu_wire::{EnrolAnswer, EnrolRequest};

use crate::device::{hash_of_rest, name_of, read_code};
use crate::error::OfficeError;
use crate::grants::Rights;
use crate::limits::{CODE_LOCK_MS, CODE_TRIES_MAX, UNKNOWN_CODES_MAX};
use crate::office::Office;
use crate::store::StoreError;
use crate::store::account::{AccountChange, AccountQuery, AccountRow, CodeRow, DeviceQuery, DeviceRow};
use crate::sync::{SyncRefusal, policy_of};

impl Office {
    /// Answers `POST /v1/enrol`; `address` is whom unknown codes are counted against.
    ///
    /// # Errors
    /// `code_unknown`, `code_expired`, `code_used` (403), `too_many_tries` (429), `device_id_taken` (409: the phone draws a new id).
    pub fn enrol(&self, body: &[u8], address: &str) -> Result<Vec<u8>, SyncRefusal> {
        let request = EnrolRequest::open(body)?;
        let code = self.code_of(&request, address)?;
        let account = self.store().accounts(&AccountQuery::Id(code.account))?.into_iter().next();
        let account = account.filter(|account| !account.disabled).ok_or(SyncRefusal::of(403, "code_unknown"))?;
        if !self.is_repeated(&request, &code)? {
            if code.used_at.is_some() {
                return Err(SyncRefusal::of(403, "code_used"));
            }
            if self.now() >= code.expires_at {
                return Err(SyncRefusal::of(403, "code_expired"));
            }
            self.add_device(&request, &account, &code)?;
        }
        Ok(self.enrolled(request.device, &account)?)
    }

    /// Returns the code that a request names, with the right secret; counts every wrong one.
    fn code_of(&self, request: &EnrolRequest, address: &str) -> Result<CodeRow, SyncRefusal> {
        let by_address = format!("address:{address}");
        self.refuse_locked(&by_address)?;
        let typed = read_code(&request.code);
        let row = match &typed {
            Some((name, _)) => self.store().code(name)?,
            None => None,
        };
        let (Some(row), Some((_, rest))) = (row, typed) else { return Err(self.count_wrong(by_address, UNKNOWN_CODES_MAX)?) };
        let by_code = format!("code:{}", row.name);
        self.refuse_locked(&by_code)?;
        if hash_of_rest(&row.salt, &rest) == row.rest_hash {
            return Ok(row);
        }
        Err(self.count_wrong(by_code, CODE_TRIES_MAX)?)
    }

    fn refuse_locked(&self, key: &str) -> Result<(), SyncRefusal> {
        if self.store().tries(key)?.is_locked(self.now(), CODE_LOCK_MS) {
            let after_s = u32::try_from(CODE_LOCK_MS / 1000).ok();
            return Err(SyncRefusal { retry_after_s: after_s, ..SyncRefusal::of(429, "too_many_tries") });
        }
        Ok(())
    }

    fn count_wrong(&self, key: String, tries_max: u32) -> Result<SyncRefusal, StoreError> {
        self.store().apply(&AccountChange::Wrong { key, at: self.now(), tries_max, lock_ms: CODE_LOCK_MS })?;
        Ok(SyncRefusal::of(403, "code_unknown"))
    }

    /// Tells whether this very device used this very code before: its answer was lost.
    fn is_repeated(&self, request: &EnrolRequest, code: &CodeRow) -> Result<bool, StoreError> {
        if code.device != Some(request.device) {
            return Ok(false);
        }
        let known = self.store().devices(DeviceQuery::Id(request.device))?.into_iter().next();
        Ok(known.is_some_and(|row| row.public_key == request.public_key && row.revoked_at.is_none()))
    }

    fn add_device(&self, request: &EnrolRequest, account: &AccountRow, code: &CodeRow) -> Result<(), SyncRefusal> {
        let now = self.now();
        let device = DeviceRow {
            id: request.device,
            account: Some(account.id),
            public_key: request.public_key,
            label: request.label.clone(),
            enrolled_at: now,
            last_contact_at: now,
            last_batch: 0,
            last_hash: [0; 32],
            last_counter: 0,
            revoked_at: None,
            reason: None,
            store_key: request.store_key_sealed.clone(),
        };
        match self.store().apply(&AccountChange::Enrol(Box::new(device), code.name.clone())) {
            Ok(()) => Ok(()),
            Err(StoreError::Taken("device")) => Err(SyncRefusal::of(409, "device_id_taken")),
            Err(StoreError::Taken(_)) => Err(SyncRefusal::of(403, "code_used")),
            Err(error) => Err(error.into()),
        }
    }

    fn enrolled(&self, device: Id, account: &AccountRow) -> Result<Vec<u8>, OfficeError> {
        let now = self.now();
        let rights = Rights::of(self.store(), account, now)?;
        let grants = self.store().settle_grants(account.id, &rights.pull, now)?;
        let roles: Vec<String> = account.roles.iter().filter(|row| row.ended_at.is_none()).map(|row| row.role.clone()).collect();
        let answer = EnrolAnswer {
            device,
            user: account.id,
            person: account.person(),
            name: name_of(self, account)?,
            role: roles.first().cloned().unwrap_or_default(),
            roles,
            server_key: self.server_key(),
            seal_key: self.seal_key(),
            policy: policy_of(self, account.id, &grants)?,
            server_time_ms: now.0,
            epoch: self.epoch(),
        };
        Ok(answer.encode())
    }
}
