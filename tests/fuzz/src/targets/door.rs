//! The sync door of a real office, with a right signature around whatever is sent.
//!
//! The first byte says what the rest is: a body as sent (0), the same before compression (1), or the body of a change that makes a
//! visit (2) or changes one (3), in a batch that is as it should be.

use crate::stage::Stage;
use daohu_domain::id::Id;
use daohu_mutate::chunk;
use daohu_record::Fields;
use serde_json::json;
use std::cell::RefCell;

/// After so many syncs the whole log is checked and an office begins anew, before the device has come too often.
const SYNCS: u64 = 400;

thread_local! {
    static STAGE: RefCell<Option<(Stage, u64)>> = const { RefCell::new(None) };
}

/// One sync.
#[must_use]
pub fn sync(bytes: &[u8]) -> String {
    STAGE.with_borrow_mut(|kept| {
        let (stage, tried) = kept.get_or_insert_with(|| (Stage::new(), 0));
        *tried += 1;
        stage.wait(1_000);
        let word = sent(stage, *tried, bytes);
        if *tried == SYNCS {
            stage.check();
            *kept = None;
        }
        word
    })
}

fn sent(stage: &mut Stage, tried: u64, bytes: &[u8]) -> String {
    let Some((which, rest)) = bytes.split_first() else { return "empty".to_owned() };
    let mut random = [0; 10];
    random[2..].copy_from_slice(&tried.to_be_bytes());
    let body = match which % 4 {
        0 => rest.to_vec(),
        1 => zstd::bulk::compress(rest, 3).unwrap(),
        2 => return stage.hand_in(Id::v7(0, random), chunk::sealed(rest)),
        _ => return stage.hand_in(stage.visit, chunk::sealed(rest)),
    };
    match stage.send(&body) {
        Ok(_) => "ok".to_owned(),
        Err(refusal) => {
            assert_ne!(refusal.code, "store_damaged", "no bytes of a device damage the store");
            refusal.code.to_owned()
        }
    }
}

/// Returns the honest inputs.
#[must_use]
pub fn honest() -> Vec<Vec<u8>> {
    let stage = Stage::new();
    let (mut visit, made) = stage.visit(stage.visit);
    let kind = daohu_domain::kinds::find("visit").unwrap();
    let text = json!({"reason": "写错了", "narrative": "再入户。"});
    let event = daohu_record::Event {
        name: "correct".to_owned(),
        stamp: daohu_domain::time::Stamp { wall_ms: 1_559_696_400_000, mono_ms: 1_559_696_400_000, boot: 1 },
        fields: text.as_object().cloned().unwrap_or_else(Fields::new),
    };
    let corrected = visit.append(kind, &event, stage.device, 1_559_696_400_000).unwrap();
    let nothing_new = daohu_wire::SyncRequest::new(stage.device, 1_559_696_400_000);
    vec![
        [&[0], nothing_new.encode().unwrap().as_slice()].concat(),
        [&[1], nothing_new.to_cbor().as_slice()].concat(),
        [&[2], chunk::body(&made)].concat(),
        [&[3], chunk::body(&corrected.bytes)].concat(),
    ]
}
