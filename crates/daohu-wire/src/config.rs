//! The body of `GET /v1/config`: versions, limits and keys, as JSON, for devices and for people.

use crate::{
    error::WireError,
    head::ClockKind,
    limits,
    seal::SealTo,
    sign::{PublicKey, key_id},
};
use serde::{Deserialize, Serialize};

/// What a server says about itself to anyone who asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerConfig {
    /// Always `daohu`: a page of a captive portal does not say so.
    pub server: String,
    /// The lowest and the highest version of the protocol.
    pub proto: (u16, u16),
    /// The version of the records' shape.
    pub schema: u32,
    /// The epoch of the store.
    pub epoch: u64,
    /// The log's public key, hex.
    pub server_key: String,
    /// The name of that key in tree heads, hex.
    pub key_id: String,
    /// The public half of the seal key, hex.
    pub seal_key: String,
    /// `system` or `set`.
    pub clock: String,
    /// The server's time, milliseconds since 1970.
    pub server_time_ms: i64,
    /// The limits.
    pub limits: Limits,
}

/// The limits that a sender must keep, in bytes or pieces.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// One raw change.
    pub change_bytes_max: usize,
    /// One document.
    pub document_bytes_max: usize,
    /// Changes of one document.
    pub document_changes_max: usize,
    /// Items of one batch.
    pub batch_items_max: usize,
    /// All item bytes of one batch.
    pub batch_raw_bytes_max: usize,
    /// One batch, compressed.
    pub batch_compressed_bytes_max: usize,
    /// Batches of one request.
    pub batches_per_request_max: usize,
    /// One request as sent.
    pub request_bytes_max: usize,
    /// One request after inflating.
    pub request_inflated_bytes_max: usize,
    /// Cursors of one request.
    pub cursors_max: usize,
    /// The least, the first and the most `max_bytes`.
    pub max_bytes: (u32, u32, u32),
    /// One file that a record names.
    pub blob_bytes_max: u64,
    /// One thumbnail.
    pub thumb_bytes_max: usize,
    /// Bytes of files that one device may begin to upload within a day.
    pub upload_day_bytes_max: u64,
    /// Uploads that one device may have open.
    pub uploads_open_max: u32,
    /// A part of an upload that is sent with its checksum.
    pub checked_part_bytes_max: u64,
    /// Thumbnails asked for at once.
    pub thumbs_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            change_bytes_max: limits::CHANGE_BYTES_MAX,
            document_bytes_max: limits::DOCUMENT_BYTES_MAX,
            document_changes_max: limits::DOCUMENT_CHANGES_MAX,
            batch_items_max: limits::BATCH_ITEMS_MAX,
            batch_raw_bytes_max: limits::BATCH_RAW_BYTES_MAX,
            batch_compressed_bytes_max: limits::BATCH_COMPRESSED_BYTES_MAX,
            batches_per_request_max: limits::BATCHES_PER_REQUEST_MAX,
            request_bytes_max: limits::REQUEST_BYTES_MAX,
            request_inflated_bytes_max: limits::REQUEST_INFLATED_BYTES_MAX,
            cursors_max: limits::CURSORS_MAX,
            max_bytes: (limits::MAX_BYTES_FLOOR, limits::MAX_BYTES_START, limits::MAX_BYTES_CEILING),
            blob_bytes_max: limits::BLOB_BYTES_MAX,
            thumb_bytes_max: limits::THUMB_BYTES_MAX,
            upload_day_bytes_max: limits::UPLOAD_DAY_BYTES_MAX,
            uploads_open_max: limits::UPLOADS_OPEN_MAX,
            checked_part_bytes_max: limits::CHECKED_PART_BYTES_MAX,
            thumbs_max: limits::THUMBS_MAX,
        }
    }
}

impl ServerConfig {
    /// Makes the answer of this build.
    #[must_use]
    pub fn new(log_key: &PublicKey, seal_key: &SealTo, epoch: u64, clock: ClockKind, server_time_ms: i64) -> Self {
        Self {
            server: "daohu".to_owned(),
            proto: (limits::PROTO_MIN, limits::PROTO_MAX),
            schema: limits::SCHEMA,
            epoch,
            server_key: hex::encode(log_key),
            key_id: hex::encode(key_id(log_key)),
            seal_key: hex::encode(seal_key),
            clock: clock.name().to_owned(),
            server_time_ms,
            limits: Limits::default(),
        }
    }

    /// Returns the JSON.
    ///
    /// # Errors
    /// When it could not be written.
    pub fn to_json(&self) -> Result<String, WireError> {
        serde_json::to_string(self).map_err(|_| WireError::BadFrame("a configuration"))
    }

    /// Reads the JSON; unknown keys are skipped.
    ///
    /// # Errors
    /// `bad_frame` when it is no configuration of a daohu server.
    pub fn from_json(json: &[u8]) -> Result<Self, WireError> {
        let config: Self = serde_json::from_slice(json).map_err(|_| WireError::BadFrame("not a configuration"))?;
        if config.server == "daohu" { Ok(config) } else { Err(WireError::BadFrame("not a daohu server")) }
    }
}
