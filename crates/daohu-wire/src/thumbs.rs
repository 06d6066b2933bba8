//! `POST /v1/blobs/thumbs`: many thumbnails at once. CBOR without zstd, since a JPEG does not shrink.

use crate::{
    codec::{MapWriter, Reader},
    error::WireError,
    limits::{ANSWER_BYTES_MAX, THUMB_BYTES_MAX, THUMBS_MAX},
    merkle::Hash,
    request::limit,
};

/// Which thumbnails a device wants.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ThumbsRequest {
    /// SHA-256 of each.
    pub hashes: Vec<Hash>,
}

/// Those of them that the device may have and that are there, in the order in which they were asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ThumbsAnswer {
    /// Hash and bytes of each.
    pub thumbs: Vec<(Hash, Vec<u8>)>,
}

impl ThumbsRequest {
    /// Returns the body.
    ///
    /// # Errors
    /// `too_big` for more than `THUMBS_MAX`.
    pub fn to_cbor(&self) -> Result<Vec<u8>, WireError> {
        limit("thumbnails asked for", self.hashes.len(), THUMBS_MAX)?;
        let mut map = MapWriter::new();
        map.key(1).hashes(&self.hashes);
        Ok(map.finish())
    }

    /// Reads a body.
    ///
    /// # Errors
    /// `bad_frame` when it is none, `too_big` when it is over a limit.
    pub fn from_cbor(body: &[u8]) -> Result<Self, WireError> {
        let mut hashes = Vec::new();
        Reader::whole(body, |reader| {
            reader.map(|key, reader| {
                match key {
                    1 => hashes = reader.hashes(THUMBS_MAX)?,
                    _ => return Ok(false),
                }
                Ok(true)
            })
        })?;
        Ok(Self { hashes })
    }
}

impl ThumbsAnswer {
    /// Returns the body.
    ///
    /// # Errors
    /// `too_big` where a limit of the receiver would be exceeded.
    pub fn to_cbor(&self) -> Result<Vec<u8>, WireError> {
        limit("thumbnails of an answer", self.thumbs.len(), THUMBS_MAX)?;
        let mut map = MapWriter::new();
        let list = map.key(1).array(self.thumbs.len());
        for (hash, bytes) in &self.thumbs {
            limit("a thumbnail", bytes.len(), THUMB_BYTES_MAX)?;
            list.array(2).bytes(hash).bytes(bytes);
        }
        Ok(map.finish())
    }

    /// Reads a body. That the bytes are those of the hash is for whoever keeps them to check.
    ///
    /// # Errors
    /// `bad_frame` when it is none, `too_big` when it is over a limit.
    pub fn from_cbor(body: &[u8]) -> Result<Self, WireError> {
        limit("an answer", body.len(), ANSWER_BYTES_MAX)?;
        let mut thumbs = Vec::new();
        Reader::whole(body, |reader| {
            reader.map(|key, reader| {
                match key {
                    1 => {
                        thumbs = reader.list("thumbnails of an answer", THUMBS_MAX, |reader| {
                            reader.tuple(2, |reader| Ok((reader.fixed()?, reader.bytes("a thumbnail", THUMB_BYTES_MAX)?.to_vec())))
                        })?;
                    }
                    _ => return Ok(false),
                }
                Ok(true)
            })
        })?;
        Ok(Self { thumbs })
    }
}
