//! CBOR as this protocol writes and reads it: definite lengths, integer keys in ascending order, unknown keys skipped.
//!
//! A reader counts down limits while it reads and never reserves memory by a declared length.

use crate::{error::WireError, merkle::Hash};
use daohu_domain::{id::Id, place::Place};
use minicbor::{Decoder, Encoder, data::Type};

/// Writes CBOR into a growing buffer; writing to memory cannot fail.
pub(crate) struct Writer(Encoder<Vec<u8>>);

impl Writer {
    pub(crate) fn new() -> Self {
        Self(Encoder::new(Vec::new()))
    }

    pub(crate) fn finish(self) -> Vec<u8> {
        self.0.into_writer()
    }

    pub(crate) fn map(&mut self, pairs: usize) -> &mut Self {
        self.step(|e| e.map(count(pairs)).map(drop))
    }

    pub(crate) fn array(&mut self, elements: usize) -> &mut Self {
        self.step(|e| e.array(count(elements)).map(drop))
    }

    pub(crate) fn uint(&mut self, value: u64) -> &mut Self {
        self.step(|e| e.u64(value).map(drop))
    }

    pub(crate) fn int(&mut self, value: i64) -> &mut Self {
        self.step(|e| e.i64(value).map(drop))
    }

    pub(crate) fn bool(&mut self, value: bool) -> &mut Self {
        self.step(|e| e.bool(value).map(drop))
    }

    pub(crate) fn null(&mut self) -> &mut Self {
        self.step(|e| e.null().map(drop))
    }

    pub(crate) fn bytes(&mut self, value: &[u8]) -> &mut Self {
        self.step(|e| e.bytes(value).map(drop))
    }

    pub(crate) fn text(&mut self, value: &str) -> &mut Self {
        self.step(|e| e.str(value).map(drop))
    }

    pub(crate) fn id(&mut self, id: &Id) -> &mut Self {
        self.bytes(id.as_bytes())
    }

    pub(crate) fn place(&mut self, place: Place) -> &mut Self {
        self.text(&place.to_string())
    }

    /// Writes hashes as one byte string of 32 bytes each.
    pub(crate) fn hashes(&mut self, hashes: &[Hash]) -> &mut Self {
        self.bytes(&hashes.concat())
    }

    /// Appends bytes that are CBOR already.
    pub(crate) fn raw(&mut self, cbor: &[u8]) -> &mut Self {
        self.0.writer_mut().extend_from_slice(cbor);
        self
    }

    fn step<E>(&mut self, write: impl FnOnce(&mut Encoder<Vec<u8>>) -> Result<(), E>) -> &mut Self {
        // Appending to a Vec has no failure: the error type is uninhabited.
        let _ = write(&mut self.0);
        self
    }
}

/// Collects the pairs of a map whose optional keys may be absent, then writes it.
pub(crate) struct MapWriter {
    pairs: usize,
    body: Writer,
}

impl MapWriter {
    pub(crate) fn new() -> Self {
        Self { pairs: 0, body: Writer::new() }
    }

    /// Begins the pair of `key`; keys must be given in ascending order.
    pub(crate) fn key(&mut self, key: u64) -> &mut Writer {
        self.pairs += 1;
        self.body.uint(key)
    }

    pub(crate) fn finish(self) -> Vec<u8> {
        let mut writer = Writer::new();
        writer.map(self.pairs).raw(&self.body.finish());
        writer.finish()
    }
}

/// Reads CBOR strictly.
pub(crate) struct Reader<'b>(Decoder<'b>);

impl<'b> Reader<'b> {
    pub(crate) fn new(bytes: &'b [u8]) -> Self {
        Self(Decoder::new(bytes))
    }

    /// Reads the one value of `bytes` with `read`; anything behind it is an error.
    pub(crate) fn whole<T>(bytes: &'b [u8], read: impl FnOnce(&mut Self) -> Result<T, WireError>) -> Result<T, WireError> {
        let mut reader = Self::new(bytes);
        let value = read(&mut reader)?;
        if reader.0.position() == bytes.len() { Ok(value) } else { Err(WireError::BadFrame("bytes behind the value")) }
    }

    /// Reads a map; `each` is called for every key and says whether it knows it (and then has read the value).
    pub(crate) fn map(&mut self, mut each: impl FnMut(u64, &mut Self) -> Result<bool, WireError>) -> Result<(), WireError> {
        let pairs = self.0.map().map_err(|_| bad("a map was expected"))?.ok_or(bad("a map of open length"))?;
        let mut last = None;
        for _ in 0..pairs {
            let key = self.uint()?;
            if last.is_some_and(|last| key <= last) {
                return Err(bad("keys out of order"));
            }
            last = Some(key);
            if !each(key, self)? {
                self.skip()?;
            }
        }
        Ok(())
    }

    /// Reads an array of at most `max` elements.
    pub(crate) fn list<T>(
        &mut self,
        what: &'static str,
        max: usize,
        mut each: impl FnMut(&mut Self) -> Result<T, WireError>,
    ) -> Result<Vec<T>, WireError> {
        let elements = self.elements()?;
        if elements > count(max) {
            return Err(WireError::TooBig { what, max });
        }
        let mut all = Vec::new();
        for _ in 0..elements {
            all.push(each(self)?);
        }
        Ok(all)
    }

    /// Reads an array that stands for a struct: `read` takes the first `known` elements, later ones are skipped.
    pub(crate) fn tuple<T>(&mut self, known: u64, read: impl FnOnce(&mut Self) -> Result<T, WireError>) -> Result<T, WireError> {
        let elements = self.elements()?;
        if elements < known {
            return Err(bad("an array is too short"));
        }
        let value = read(self)?;
        for _ in known..elements {
            self.skip()?;
        }
        Ok(value)
    }

    pub(crate) fn elements(&mut self) -> Result<u64, WireError> {
        self.0.array().map_err(|_| bad("an array was expected"))?.ok_or(bad("an array of open length"))
    }

    pub(crate) fn uint(&mut self) -> Result<u64, WireError> {
        self.0.u64().map_err(|_| bad("an unsigned integer was expected"))
    }

    pub(crate) fn u32(&mut self) -> Result<u32, WireError> {
        self.0.u32().map_err(|_| bad("an unsigned integer of 32 bits was expected"))
    }

    pub(crate) fn u16(&mut self) -> Result<u16, WireError> {
        self.0.u16().map_err(|_| bad("an unsigned integer of 16 bits was expected"))
    }

    pub(crate) fn int(&mut self) -> Result<i64, WireError> {
        self.0.i64().map_err(|_| bad("an integer was expected"))
    }

    pub(crate) fn bool(&mut self) -> Result<bool, WireError> {
        self.0.bool().map_err(|_| bad("true or false was expected"))
    }

    pub(crate) fn bytes(&mut self, what: &'static str, max: usize) -> Result<&'b [u8], WireError> {
        let bytes = self.0.bytes().map_err(|_| bad("a byte string was expected"))?;
        if bytes.len() > max { Err(WireError::TooBig { what, max }) } else { Ok(bytes) }
    }

    pub(crate) fn text(&mut self, what: &'static str, max: usize) -> Result<String, WireError> {
        let text = self.0.str().map_err(|_| bad("a text was expected"))?;
        if text.len() > max { Err(WireError::TooBig { what, max }) } else { Ok(text.to_owned()) }
    }

    pub(crate) fn fixed<const N: usize>(&mut self) -> Result<[u8; N], WireError> {
        let bytes = self.0.bytes().map_err(|_| bad("a byte string was expected"))?;
        bytes.try_into().map_err(|_| bad("a byte string has another length"))
    }

    pub(crate) fn id(&mut self) -> Result<Id, WireError> {
        Ok(Id::from_bytes(self.fixed()?))
    }

    pub(crate) fn place(&mut self) -> Result<Place, WireError> {
        self.0.str().ok().and_then(|text| text.parse().ok()).ok_or(bad("a place of twelve digits was expected"))
    }

    pub(crate) fn hashes(&mut self, max: usize) -> Result<Vec<Hash>, WireError> {
        let bytes = self.bytes("hashes of a proof", max.saturating_mul(32))?;
        let (whole, rest) = bytes.as_chunks::<32>();
        if rest.is_empty() { Ok(whole.to_vec()) } else { Err(bad("hashes of 32 bytes were expected")) }
    }

    /// Reads `null` as `None`, else what `read` reads.
    pub(crate) fn optional<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, WireError>) -> Result<Option<T>, WireError> {
        if self.0.datatype().map_err(|_| bad("the bytes end too early"))? == Type::Null {
            self.0.null().map_err(|_| bad("null was expected"))?;
            return Ok(None);
        }
        read(self).map(Some)
    }

    /// Skips one value of any depth without recursion; open lengths are refused like everywhere.
    pub(crate) fn skip(&mut self) -> Result<(), WireError> {
        let mut left: u64 = 1;
        while left > 0 {
            left = left.saturating_sub(1).saturating_add(self.skip_head()?);
        }
        Ok(())
    }

    /// Skips one head with its own bytes and returns how many values belong to it.
    fn skip_head(&mut self) -> Result<u64, WireError> {
        let unreadable = |_| bad("an unknown value cannot be read");
        match self.0.datatype().map_err(unreadable)? {
            Type::Array => self.elements(),
            Type::Map => {
                let pairs = self.0.map().map_err(unreadable)?.ok_or(bad("a map of open length"))?;
                Ok(pairs.saturating_mul(2))
            }
            Type::Tag => self.0.tag().map(|_| 1).map_err(unreadable),
            Type::ArrayIndef | Type::MapIndef | Type::BytesIndef | Type::StringIndef | Type::Break => Err(bad("an open length")),
            _ => self.0.skip().map(|()| 0).map_err(unreadable),
        }
    }
}

/// Takes what a map must hold.
pub(crate) fn required<T>(value: Option<T>) -> Result<T, WireError> {
    value.ok_or(bad("a required key is missing"))
}

const fn bad(what: &'static str) -> WireError {
    WireError::BadFrame(what)
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}
