//! One small world with fixed keys, used by all tests: a device, a log, a seal key, three records.

use daohu_domain::{id::Id, place::Place};
use daohu_wire::{
    answer::{BatchStatus, ItemStatus, Pulled, PulledItem, Start, SyncAnswer},
    batch::{Anchor, Batch, BatchHeader, Boot},
    enrol::{EnrolAnswer, EnrolRequest},
    head::{ClockKind, SignedHead},
    item::Item,
    leaf::{Leaf, PlaceRange},
    merkle::{Hash, inclusion_path, root, sha256},
    pack::{ChunkRef, PackChunk, PackOffer},
    policy::{GrantView, KnownDevice, KnownPlace, Policy, Revoked},
    receipt::{ItemProof, Receipt},
    reconcile::{Asking, Holdings},
    repair::{RepairAnswer, RepairRequest},
    request::{Cursor, SyncRequest},
    seal::{INFO_STORE_KEY, SealKey, seal},
    sign::DeviceKey,
    thumbs::{ThumbsAnswer, ThumbsRequest},
    value::SealedValue,
};

/// 2019-06-04T10:00:00+08:00.
pub(crate) const NOON_MS: i64 = 1_559_613_600_000;

pub(crate) fn device_key() -> DeviceKey {
    DeviceKey::from_seed(&[1; 32])
}

pub(crate) fn log_key() -> DeviceKey {
    DeviceKey::from_seed(&[2; 32])
}

pub(crate) fn seal_key() -> SealKey {
    SealKey::from_bytes(&[3; 32]).expect("32 bytes are a key")
}

pub(crate) fn id(last: u8) -> Id {
    let random = [last; 10];
    Id::v7(NOON_MS, random)
}

pub(crate) fn device() -> Id {
    id(0xd1)
}

pub(crate) fn village() -> Place {
    "610802209201".parse().expect("twelve digits")
}

pub(crate) fn township() -> Place {
    "610802209000".parse().expect("twelve digits")
}

/// A real change of Automerge 0.12: four fields of a visit.
pub(crate) const REAL_CHANGE: &str = concat!(
    "856f4a83fabbdb6a017c0010222222222222222222222222222222220101d0f5d7e705000006151b340142025606572e70027c046b696e64046d6f6465",
    "096e61727261746976650573746172740404017c5646f603697669736974686f6d65e585a5e688b7e4ba86e8a7a3e68385e586b52ce5aea3e4bca0e694",
    "bfe7ad96809c9385b22d0400"
);

/// Makes a chunk whose frame is sound around any body.
pub(crate) fn chunk(body: &[u8]) -> Vec<u8> {
    let mut hashed = vec![1];
    let mut length = body.len();
    loop {
        let group = u8::try_from(length & 0x7f).expect("seven bits");
        length >>= 7;
        hashed.push(if length == 0 { group } else { group | 0x80 });
        if length == 0 {
            break;
        }
    }
    hashed.extend_from_slice(body);
    let checksum = sha256(&[&hashed]);
    [&[0x85, 0x6f, 0x4a, 0x83], &checksum[..4], &hashed].concat()
}

pub(crate) fn sealed_value() -> SealedValue {
    let random: [u8; 48] = std::array::from_fn(|place| u8::try_from(place).expect("small"));
    SealedValue::seal(&seal_key().public(), (&id(0x11), "phone"), "13800000000".as_bytes(), &random).expect("it can be sealed")
}

pub(crate) fn items() -> Vec<Item> {
    vec![
        Item::change(id(0x11), village(), hex::decode(REAL_CHANGE).expect("hex")),
        Item::change(id(0x12), township(), chunk("second".as_bytes())),
        Item::sealed(id(0x11), village(), &sealed_value()),
    ]
}

pub(crate) fn boots() -> Vec<Boot> {
    vec![
        Boot { number: 1, id: "3e7a8c1e-boot".to_owned(), anchors: vec![Anchor { server_ms: NOON_MS - 86_400_000, mono_ms: 5_000 }] },
        Boot { number: 2, id: "now".to_owned(), anchors: Vec::new() },
    ]
}

pub(crate) fn header() -> BatchHeader {
    BatchHeader::new(device(), 7, [0xaa; 32], NOON_MS, boots())
}

pub(crate) fn batch() -> Batch {
    Batch::seal(&device_key(), header(), items()).expect("it can be sealed")
}

pub(crate) fn leaf() -> Leaf {
    let places = vec![
        PlaceRange { place: township(), first_seq: 41, last_seq: 41 },
        PlaceRange { place: village(), first_seq: 1_007, last_seq: 1_008 },
    ];
    Leaf::batch(batch().body_hash(), NOON_MS + 60_000, places, device(), 7)
}

/// The leaf hashes of a log of five, where ours is the third.
pub(crate) fn log_leaves() -> Vec<Hash> {
    let start = Leaf::server_start(NOON_MS, id(0x5e), log_key().public(), ClockKind::Set);
    let other = |number: u64| Leaf::batch([0x77; 32], NOON_MS + 1, Vec::new(), id(0xd2), number).hash();
    vec![start.hash(), other(1), leaf().hash(), other(2), other(3)]
}

pub(crate) fn head() -> SignedHead {
    SignedHead::sign(&log_key(), 5, root(&log_leaves()), NOON_MS + 61_000, ClockKind::Set).expect("it can be signed")
}

pub(crate) fn receipt() -> Receipt {
    let batch = batch();
    let proof = |index: usize| {
        let item = &batch.items[index];
        ItemProof {
            index: u32::try_from(index).expect("small"),
            typ: item.typ,
            record: item.record,
            place: item.place,
            hash: item.hash,
            path: batch.item_path(index).expect("it exists"),
        }
    };
    Receipt {
        leaf: leaf(),
        index: 2,
        path: inclusion_path(&log_leaves(), 2).expect("it exists"),
        head: head(),
        cose: batch.cose.clone(),
        items: vec![proof(0), proof(2)],
        codes: Vec::new(),
    }
}

pub(crate) fn request() -> SyncRequest {
    SyncRequest {
        caps: 3,
        server_epoch: 1,
        policy_rev: 12,
        cursors: vec![Cursor { grant: 3, seq: 0 }, Cursor { grant: 300, seq: 1_006 }, Cursor { grant: 301, seq: u64::MAX }],
        max_bytes: 65_536,
        batches: vec![batch()],
        head: Some((4, [0x44; 32])),
        ..SyncRequest::new(device(), NOON_MS)
    }
}

pub(crate) fn policy() -> Policy {
    Policy {
        rev: 13,
        grants: vec![
            GrantView { id: 3, role: None, place: township(), household: None, reference: true },
            GrantView { id: 300, role: Some("helper".to_owned()), place: village(), household: Some(id(0x21)), reference: false },
        ],
        revoked: vec![Revoked { grant: 2, at_seq: 900, until_ms: NOON_MS + 2_592_000_000, reason: "handed_over".to_owned() }],
        config: r#"{"freeze_day":5}"#.to_owned(),
        places: vec![
            KnownPlace { place: township(), name: "大河镇".to_owned(), level: "town".to_owned(), parent: None },
            KnownPlace { place: village(), name: "左界村".to_owned(), level: "village".to_owned(), parent: Some(township()) },
        ],
        devices: vec![KnownDevice { device: id(0xd2), person: id(0x32), name: "王芳".to_owned() }],
    }
}

pub(crate) fn pulled_item(last: u8, start: Option<Start>) -> PulledItem {
    PulledItem {
        record: id(last),
        place: village(),
        device: id(0xd2),
        by: id(0x32),
        received_ms: NOON_MS - 1_000 * i64::from(last),
        start,
        bytes: chunk(&[last]),
    }
}

pub(crate) fn pack_chunk() -> PackChunk {
    let items = vec![
        pulled_item(1, None),
        pulled_item(1, Some(Start::None)),
        PulledItem { device: id(0xd3), by: id(0x33), ..pulled_item(2, Some(Start::Trusted(NOON_MS - 7_200_000))) },
    ];
    PackChunk { place: village(), items }
}

pub(crate) fn pack_offer() -> PackOffer {
    let body = pack_chunk().to_cbor();
    let chunk = |n| ChunkRef { n, bytes: u32::try_from(body.len()).expect("small"), hash: sha256(&[&body]) };
    PackOffer { grant: 300, seq: 1_006, chunks: vec![chunk(0), chunk(2)] }
}

pub(crate) fn answer() -> SyncAnswer {
    let items = vec![
        pulled_item(1, None),
        pulled_item(2, Some(Start::None)),
        pulled_item(3, Some(Start::Trusted(NOON_MS - 7_200_000))),
        pulled_item(4, Some(Start::Between(NOON_MS - 9_000_000, NOON_MS))),
    ];
    let receipt = Receipt { cose: Vec::new(), items: Vec::new(), ..receipt() };
    let code = |index, code: &str| ItemStatus { index, code: code.to_owned() };
    SyncAnswer {
        consistency: vec![[0x0c; 32], [0x0d; 32]],
        retry_after_s: 30,
        more: true,
        receipts: vec![receipt],
        statuses: vec![BatchStatus { batch: 7, ok: 1, items: vec![code(1, "not_canonical"), code(2, "ok_newer")] }],
        pulled: vec![Pulled { grant: 3, from: 0, to: 0, items: Vec::new() }, Pulled { grant: 300, from: 1_006, to: 1_020, items }],
        policy: Some(policy()),
        ..SyncAnswer::new(1, NOON_MS + 61_000, head(), 131_072)
    }
}

pub(crate) fn holdings() -> Holdings {
    let mut holdings = Holdings::default();
    holdings.add(id(0x11), &[[0x22; 32], [0x11; 32]]);
    holdings.add(id(0x12), &[[0x33; 32]]);
    holdings
}

pub(crate) fn repair_request() -> RepairRequest {
    let (_, message) = Asking::begin(&Holdings::default()).expect("nothing can be asked about");
    RepairRequest { message, need: vec![[0x44; 32]], ..RepairRequest::new(device()) }
}

pub(crate) fn repair_answer() -> RepairAnswer {
    let cursors = vec![Cursor { grant: 3, seq: 41 }, Cursor { grant: 300, seq: 1_008 }];
    let pulled = vec![Pulled { grant: 0, from: 0, to: 0, items: vec![pulled_item(1, None)] }];
    // The same pair of messages every time: the holdings are two, listed in the order of their times.
    let message = holdings().answer(&repair_request().message).expect("a message");
    RepairAnswer { message, cursors, done: 1, pulled, ..RepairAnswer::new(head()) }
}

pub(crate) fn thumbs_request() -> Vec<u8> {
    ThumbsRequest { hashes: vec![sha256(&[b"one"]), sha256(&[b"two"])] }.to_cbor().expect("two are few")
}

pub(crate) fn thumbs_answer() -> ThumbsAnswer {
    ThumbsAnswer { thumbs: vec![(sha256(&[b"two"]), b"two".to_vec())] }
}

/// A batch file with the one batch.
pub(crate) fn batch_file() -> Vec<u8> {
    daohu_wire::batch_file::to_part(&seal_key().public(), &[batch()], &[5; 32]).expect("it can be sealed")
}

pub(crate) fn enrol_request() -> EnrolRequest {
    let sealed = seal(&seal_key().public(), (INFO_STORE_KEY, device().as_bytes()), &[9; 32], &[4; 32]).expect("it can be sealed");
    EnrolRequest {
        code: "K7QF-3M9D-XW2H".to_owned(),
        device: device(),
        public_key: device_key().public(),
        label: "李强的手机".to_owned(),
        store_key_sealed: Some(sealed),
        proto: (1, 1),
    }
}

pub(crate) fn enrol_answer() -> EnrolAnswer {
    EnrolAnswer {
        device: device(),
        user: id(0x41),
        person: id(0x31),
        name: "李强".to_owned(),
        role: "helper".to_owned(),
        roles: vec!["helper".to_owned(), "village_secretary".to_owned()],
        server_key: log_key().public(),
        seal_key: seal_key().public(),
        policy: policy(),
        server_time_ms: NOON_MS,
        epoch: 1,
    }
}
