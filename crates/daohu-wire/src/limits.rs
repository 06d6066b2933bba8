//! Every limit of the protocol, by name, unit and reason. `GET /v1/config` advertises them.
//!
//! Decoders refuse what is over a frame limit; limits of one item (`CHANGE_BYTES_MAX`, `DOCUMENT_*`) are for the guard, because
//! a bad item never blocks the good ones beside it.

/// A raw change: a visit is about 600 bytes, a long month record a few thousand; more is a mistake or an attack.
pub const CHANGE_BYTES_MAX: usize = 64 * 1024;
/// A whole document, uncompressed: loading one costs time in proportion on the oldest phone.
pub const DOCUMENT_BYTES_MAX: usize = 1024 * 1024;
/// From here on a document is worth a warning.
pub const DOCUMENT_BYTES_WARN: usize = 256 * 1024;
/// Changes in one document: a month record that two people edit all month has dozens.
pub const DOCUMENT_CHANGES_MAX: usize = 5_000;
/// Items of one batch: the server holds the place's head row only over the inserts of one batch.
pub const BATCH_ITEMS_MAX: usize = 1_000;
/// All item bytes of one batch, uncompressed.
pub const BATCH_RAW_BYTES_MAX: usize = 1024 * 1024;
/// One batch as a sender should cut it, compressed: what a cut connection can cost at most.
pub const BATCH_COMPRESSED_BYTES_MAX: usize = 256 * 1024;
/// The signed header of one batch with its signature; boots and anchors are most of it.
pub const BATCH_COSE_BYTES_MAX: usize = 16 * 1024;
/// Batches of one request: many small ones after a week of saving one visit at a time.
pub const BATCHES_PER_REQUEST_MAX: usize = 64;
/// Places of one batch: a device writes to its grants' places.
pub const PLACES_PER_BATCH_MAX: usize = 256;
/// Boots that one batch may speak of: a phone that dies every hour for three days.
pub const BOOTS_PER_BATCH_MAX: usize = 64;
/// Anchors of one boot: the first, the last and some between are enough evidence.
pub const ANCHORS_PER_BOOT_MAX: usize = 16;
/// The host's name of a boot; Linux gives 36 characters.
pub const BOOT_ID_BYTES_MAX: usize = 64;
/// The body of one request as sent, compressed.
pub const REQUEST_BYTES_MAX: usize = 512 * 1024;
/// The body of one request after inflating. A batch compresses about three times.
pub const REQUEST_INFLATED_BYTES_MAX: usize = 4 * 1024 * 1024;
/// The body of one answer as sent, compressed.
pub const ANSWER_BYTES_MAX: usize = 2 * 1024 * 1024;
/// The body of one answer after inflating.
pub const ANSWER_INFLATED_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Compressed frames in one body: more than one would let a body grow behind the reader's back.
pub const ZSTD_FRAMES_MAX: usize = 1;
/// Cursors of one request, one a grant: an assistant helper may hold many households, an office many villages.
pub const CURSORS_MAX: usize = 256;
/// Grants of one device, the same bound as its cursors.
pub const GRANTS_MAX: usize = CURSORS_MAX;
/// Items of one pull: each is applied and stored by an old phone before the next request.
pub const PULLED_ITEMS_MAX: usize = 10_000;
/// Chunks of one pack: a quarter of a gigabyte as sent, far more than a phone should hold.
pub const PACK_CHUNKS_MAX: usize = 1_024;
/// Where a server cuts a chunk, before compression: about 256 KB as sent.
pub const PACK_CHUNK_CUT_BYTES: usize = 768 * 1024;
/// One chunk as sent: what a cut connection can cost a first pull at most.
pub const PACK_CHUNK_BYTES_MAX: usize = 384 * 1024;
/// One chunk after inflating.
pub const PACK_CHUNK_INFLATED_BYTES_MAX: usize = 2 * 1024 * 1024;
/// The offer of a pack, kept by a device while it fetches.
pub const PACK_OFFER_BYTES_MAX: usize = 64 * 1024;
/// Receipts of one answer: a receipt for each batch sent, and some that were lost before.
pub const RECEIPTS_MAX: usize = 2 * BATCHES_PER_REQUEST_MAX;
/// Places named in one answer: a township and its villages, a county for an inspector.
pub const PLACES_MAX: usize = 4_096;
/// Devices named in the directory of one answer.
pub const DEVICES_MAX: usize = 8_192;
/// Hashes of one proof: a tree of 2^64 leaves needs 64 for inclusion, twice that for consistency.
pub const PROOF_HASHES_MAX: usize = 128;
/// Receipts of one file.
pub const RECEIPTS_PER_FILE_MAX: usize = 10_000;
/// A receipt file.
pub const RECEIPT_FILE_BYTES_MAX: usize = 16 * 1024 * 1024;
/// A batch file: half a year of one phone's visits is one megabyte, and a courier may carry a village's.
pub const BATCH_FILE_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Parts of one batch file, each as big as a request may be.
pub const BATCH_FILE_PARTS_MAX: usize = 256;
/// What sealing adds to a body: the encapsulated key and the tag.
pub const SEAL_BYTES: usize = 32 + 16;
/// One message of a reconciliation: what each side sends in a round, and a little more.
pub const REPAIR_MESSAGE_BYTES_MAX: usize = 128 * 1024;
/// Records asked for in one request of a repair.
pub const REPAIR_NEEDS_MAX: usize = 1_000;
/// Item paths of one receipt: every item of its batch.
pub const ITEM_PROOFS_MAX: usize = BATCH_ITEMS_MAX;
/// A signed tree head.
pub const HEAD_BYTES_MAX: usize = 1024;
/// A leaf of the log as CBOR: a batch touches at most `PLACES_PER_BATCH_MAX` places.
pub const LEAF_BYTES_MAX: usize = 16 * 1024;
/// One entry of an exported log: a leaf, its mark and the signed header of its batch.
pub const LOG_ENTRY_BYTES_MAX: usize = LEAF_BYTES_MAX + BATCH_COSE_BYTES_MAX + 256;
/// An enrol request; an enrol answer carries the directory and may be as big as any answer.
pub const ENROL_BYTES_MAX: usize = 16 * 1024;
/// The header `daohu-signature` as text: bounded before it is decoded.
pub const SIGNATURE_HEADER_BYTES_MAX: usize = 512;
/// A one-time code as typed, with its hyphens.
pub const CODE_BYTES_MAX: usize = 64;
/// A label of a device, a name of a person or a place.
pub const NAME_BYTES_MAX: usize = 256;
/// A code or a reason.
pub const SLUG_BYTES_MAX: usize = 64;
/// Rule configuration in a policy, JSON text.
pub const CONFIG_BYTES_MAX: usize = 256 * 1024;
/// One sealed value: an id number, a phone number, a position, a signature drawn with a finger.
pub const SEALED_VALUE_BYTES_MAX: usize = 64 * 1024;

/// One file that a record names: a scan of many pages, an original of 48 megapixels, half a minute of video.
pub const BLOB_BYTES_MAX: u64 = 128 * 1024 * 1024;
/// One thumbnail: a screenful of them comes in one answer on the slowest link.
pub const THUMB_BYTES_MAX: usize = 8 * 1024;
/// Bytes of files that one device may begin to upload within a day: the photos of a month in the village, originals too.
pub const UPLOAD_DAY_BYTES_MAX: u64 = 2 * 1024 * 1024 * 1024;
/// Uploads that one device may have open at once: the photos of twenty visits, each with its thumbnail.
pub const UPLOADS_OPEN_MAX: u32 = 2_000;
/// A part of an upload that is sent with its checksum: it counts whole or not at all.
pub const CHECKED_PART_BYTES_MAX: u64 = 8 * 1024 * 1024;
/// Thumbnails asked for at once: with their frames they stay below `ANSWER_BYTES_MAX`.
pub const THUMBS_MAX: usize = 128;

/// The least `max_bytes` a device asks for: one chunk on the slowest link.
pub const MAX_BYTES_FLOOR: u32 = 16 * 1024;
/// The `max_bytes` a device begins with.
pub const MAX_BYTES_START: u32 = 64 * 1024;
/// The most `max_bytes` a server answers with.
pub const MAX_BYTES_CEILING: u32 = 1024 * 1024;

/// The lowest version of the frames that this build reads.
pub const PROTO_MIN: u16 = 1;
/// The highest version of the frames that this build reads and writes.
pub const PROTO_MAX: u16 = 1;
/// The version of the records' shape that this build writes into batch headers.
pub const SCHEMA: u32 = 1;

/// The limits fit into each other: what is inside is smaller than what is around it.
const _: () = {
    assert!(CHANGE_BYTES_MAX < BATCH_RAW_BYTES_MAX);
    assert!(BATCH_RAW_BYTES_MAX < REQUEST_INFLATED_BYTES_MAX);
    assert!(BATCH_COMPRESSED_BYTES_MAX < REQUEST_BYTES_MAX);
    assert!((MAX_BYTES_CEILING as usize) < ANSWER_BYTES_MAX);
    assert!(PACK_CHUNK_CUT_BYTES + CHANGE_BYTES_MAX < PACK_CHUNK_INFLATED_BYTES_MAX);
    assert!(PACK_CHUNK_BYTES_MAX < PACK_CHUNK_INFLATED_BYTES_MAX);
    // A reference of a chunk is at most 45 bytes.
    assert!(PACK_CHUNKS_MAX * 45 + 64 < PACK_OFFER_BYTES_MAX);
    // A thumbnail's frame is at most 48 bytes.
    assert!(THUMBS_MAX * (THUMB_BYTES_MAX + 48) + 64 < ANSWER_BYTES_MAX);
    assert!(DOCUMENT_BYTES_WARN < DOCUMENT_BYTES_MAX);
    assert!(ZSTD_FRAMES_MAX == 1, "the inflating reader takes exactly one");
};
