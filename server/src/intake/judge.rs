//! Judges one item: the place it names, then the guard with the sender's rights, then what the guard cannot know.

use std::collections::{BTreeSet, HashMap, HashSet};

use daohu_domain::calendar::Instant;
use daohu_domain::id::Id;
use daohu_domain::kind::Kind;
use daohu_domain::permission::{Act, may_decide};
use daohu_domain::place::Place;
use daohu_domain::validate::{check_value, text_of};
use daohu_record::{Accepted, GuardContext, Header, Limits, guard};
use daohu_wire::item::TYPE_CHANGE;
use daohu_wire::{Item, SealedValue};
use serde_json::json;

use super::work::kind_of;
use super::{Sender, Touched, Work, roles_by_comma};
use crate::office::Office;
use crate::secret;
use crate::store::StoreError;
use crate::store::plan::{ChangePlan, Fate};
use crate::store::rows::SecretRow;

/// Judges the items of one batch.
#[derive(Debug)]
pub(super) struct Judge<'a> {
    pub(super) office: &'a Office,
    pub(super) sender: &'a Sender,
    /// Changes that are stored, or came earlier in this batch.
    pub(super) known: HashSet<(Id, [u8; 32])>,
    /// Where the households live that the items name, as far as asked.
    pub(super) homes: HashMap<Id, Place>,
    /// Households that were named with a place and taken at the item's word.
    pub(super) believed: BTreeSet<(Id, Place)>,
    pub(super) now: Instant,
}

impl Judge<'_> {
    /// Returns the code of an item and what becomes of it; an accepted one grows its document.
    pub(super) fn judge(&mut self, item: &Item, work: &mut Work) -> (&'static str, Fate) {
        if item.typ != TYPE_CHANGE {
            // A type that this version does not know waits for one that does.
            return self.quarantined("unknown_kind", item, work);
        }
        if self.known.contains(&(item.record, item.hash)) {
            return ("duplicate", Fate::Known);
        }
        if !self.sender.rights.reaches(item.place) {
            return self.quarantined("forbidden_place", item, work);
        }
        match self.guarded(item, work) {
            Ok(accepted) => {
                self.known.insert((item.record, item.hash));
                self.accepted(item, accepted, work)
            }
            Err("duplicate") => ("duplicate", Fate::Known),
            Err(code) => self.quarantined(code, item, work),
        }
    }

    /// Returns the code of a sealed value and what becomes of it. The document's hash is its right to be kept: only who wrote that hash
    /// knows a salt and value that give it. So it is judged after the changes of its batch.
    ///
    /// # Errors
    /// When the store fails.
    pub(super) fn judge_sealed(&self, item: &Item, work: &Work, secrets: &mut Vec<SecretRow>) -> Result<(&'static str, Fate), StoreError> {
        match self.taken(item, work)? {
            Ok(Some(row)) => {
                secrets.push(row);
                Ok(("ok", Fate::Secret))
            }
            Ok(None) => Ok(("duplicate", Fate::Secret)),
            Err(code) => Ok(self.quarantined(code, item, work)),
        }
    }

    /// Opens a sealed value; none where the store has it, or another value that the document shows instead.
    fn taken(&self, item: &Item, work: &Work) -> Result<Result<Option<SecretRow>, &'static str>, StoreError> {
        let Ok(sealed) = SealedValue::from_bytes(&item.bytes) else { return Ok(Err("unreadable")) };
        let Some(document) = work.current(item.record) else { return Ok(Err("missing_dep")) };
        let Ok(header) = document.header() else { return Ok(Err("invalid_record")) };
        if header.place != item.place || !self.sender.rights.reaches(item.place) {
            return Ok(Err("forbidden_place"));
        }
        let Some(kind) = kind_of(&header.kind) else { return Ok(Err("unknown_kind")) };
        let Some(field) = kind.field(&sealed.field).filter(|field| field.is_secret()) else { return Ok(Err("invalid_record")) };
        let Some((value, row)) = secret::take(self.office, item.record, &sealed) else { return Ok(Err("invalid_record")) };
        if !check_value(field, &value).is_empty() {
            return Ok(Err("invalid_record"));
        }
        let hash = json!({ "hash": hex::encode(sealed.commitment) });
        let view = document.view(kind);
        let said = view.conflicts.iter().filter(|conflict| conflict.field == sealed.field).flat_map(|conflict| &conflict.values);
        let is_shown = view.fields.get(&sealed.field) == Some(&hash);
        if !is_shown && !said.into_iter().any(|said| said.value == hash) {
            return Ok(Err("missing_dep"));
        }
        let stored = self.office.store().secret(item.record, &sealed.field)?;
        let keeps = stored.is_none_or(|stored| is_shown && stored.commitment != sealed.commitment);
        Ok(Ok(keeps.then_some(row)))
    }

    fn guarded(&mut self, item: &Item, work: &Work) -> Result<Accepted, &'static str> {
        let sender = self.sender;
        let may = |kind: &Kind, act: Act<'_>, header: &Header| {
            // A person has several devices: whoever made the record may go on with it from any of them.
            let act = match act {
                Act::Append(name, by_device) => Act::Append(name, by_device || header.by == sender.person),
                act => act,
            };
            sender.rights.may(kind, act, header.place, header.subject)
        };
        let context = GuardContext {
            kind_of: &kind_of,
            device: sender.device,
            record: item.record,
            place: item.place,
            may: &may,
            limits: Limits::default(),
        };
        let accepted = guard(work.current(item.record), &item.bytes, &context).map_err(|refusal| refusal.code)?;
        match self.beyond_the_guard(&accepted) {
            None => Ok(accepted),
            Some(code) => Err(code),
        }
    }

    /// Checks what only the server knows: who the person is, where the household lives, who may decide what.
    fn beyond_the_guard(&mut self, accepted: &Accepted) -> Option<&'static str> {
        if !accepted.is_new {
            return None;
        }
        let header = &accepted.header;
        if header.by != self.sender.person {
            return Some("forbidden_writer");
        }
        if let Some(household) = header.subject.filter(|subject| *subject != header.id) {
            match self.homes.get(&household) {
                Some(home) if *home != header.place => return Some("forbidden_place"),
                Some(_) => {}
                None => _ = self.believed.insert((household, header.place)),
            }
        }
        if header.kind == "review" && !self.may_decide(accepted) {
            return Some("forbidden_writer");
        }
        None
    }

    fn may_decide(&self, accepted: &Accepted) -> bool {
        let header = &accepted.header;
        let Some(kind) = kind_of(&header.kind) else { return false };
        let view = accepted.document.view(kind);
        let roles = self.sender.rights.roles_at(header.place, header.subject);
        text_of(&view.fields, "result").is_some_and(|result| roles.iter().any(|role| may_decide(result, *role)))
    }

    fn accepted(&self, item: &Item, accepted: Accepted, work: &mut Work) -> (&'static str, Fate) {
        let code = if accepted.newer { "ok_newer" } else { "ok" };
        // The guard lets no unknown kind through.
        let Some(kind) = kind_of(&accepted.header.kind) else { return self.quarantined("unknown_kind", item, work) };
        let touched = Touched { kind, place: accepted.header.place, household: accepted.header.subject };
        let change = ChangePlan {
            bytes: item.bytes.clone(),
            author: self.sender.device,
            kind: kind.name.to_owned(),
            household: touched.household,
            reference: kind.reference,
            roles: Some(roles_by_comma(&self.sender.rights, &touched)),
        };
        work.grow(item.record, accepted.document, touched, accepted.touched.events);
        (code, Fate::Accepted(change))
    }

    fn quarantined(&self, code: &'static str, item: &Item, work: &Work) -> (&'static str, Fate) {
        let id = crate::random::new_id(self.office.random(), self.now.0);
        let kind = work.kind_of(item.record).map(str::to_owned);
        (code, Fate::Quarantined { id, kind, bytes: item.bytes.clone() })
    }
}
