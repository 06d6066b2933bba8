//! A signed batch: what a device hands in. The header is signed, the items hang under it by their Merkle root.
//!
//! A batch is stored before it is first sent, and a retry sends the same bytes. Numbers have no gaps and each header
//! names the hash of the one before, so that a cloned device shows: two different batches with one number.

use crate::{
    codec::{MapWriter, Reader, Writer, required},
    error::WireError,
    item::{Item, TYPE_CHANGE},
    limits::{
        ANCHORS_PER_BOOT_MAX, BATCH_COSE_BYTES_MAX, BATCH_ITEMS_MAX, BATCH_RAW_BYTES_MAX, BOOT_ID_BYTES_MAX, BOOTS_PER_BATCH_MAX,
        PLACES_PER_BATCH_MAX, SCHEMA,
    },
    merkle::{Hash, inclusion_path, root, sha256},
    sign::{AAD_BATCH, DeviceKey, PublicKey, Signed, sign},
};
use daohu_domain::{id::Id, place::Place};

/// A moment of which a device knows the server's time, in milliseconds: server time and the device's monotonic clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Anchor {
    /// The server's time, milliseconds since 1970.
    pub server_ms: i64,
    /// The monotonic clock of that boot.
    pub mono_ms: i64,
}

/// One boot of a device in which items of a batch were written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Boot {
    /// The number by which time stamps in events name this boot.
    pub number: u32,
    /// The host's own name of it.
    pub id: String,
    /// What is known of the server's time during it, oldest first.
    pub anchors: Vec<Anchor>,
}

/// What a device signs about a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchHeader {
    /// The device.
    pub device: Id,
    /// The number of the batch, from 1 on without gaps.
    pub number: u64,
    /// The body hash of the batch before, zeros for the first.
    pub previous: Hash,
    /// The Merkle root over the item leaves in order.
    pub root: Hash,
    /// The number of items.
    pub count: u32,
    /// The device's wall clock when it made the batch; orders and rejects nothing.
    pub device_clock_ms: i64,
    /// The version of the records' shape.
    pub schema: u32,
    /// The boots that time stamps in the items name.
    pub boots: Vec<Boot>,
}

impl BatchHeader {
    /// Begins a header; root and count come from the items when it is sealed.
    #[must_use]
    pub const fn new(device: Id, number: u64, previous: Hash, device_clock_ms: i64, boots: Vec<Boot>) -> Self {
        Self { device, number, previous, root: [0; 32], count: 0, device_clock_ms, schema: SCHEMA, boots }
    }

    fn to_cbor(&self) -> Vec<u8> {
        let mut map = MapWriter::new();
        map.key(1).id(&self.device);
        map.key(2).uint(self.number);
        map.key(3).bytes(&self.previous);
        map.key(4).bytes(&self.root);
        map.key(5).uint(u64::from(self.count));
        map.key(6).int(self.device_clock_ms);
        map.key(7).uint(u64::from(self.schema));
        let boots = map.key(8).array(self.boots.len());
        for boot in &self.boots {
            boots.array(3).uint(u64::from(boot.number)).text(&boot.id).array(boot.anchors.len());
            for anchor in &boot.anchors {
                boots.array(2).int(anchor.server_ms).int(anchor.mono_ms);
            }
        }
        map.finish()
    }

    fn check(&self) -> Result<(), WireError> {
        let over = |what, len: usize, max: usize| if len > max { Err(WireError::TooBig { what, max }) } else { Ok(()) };
        over("boots of a batch", self.boots.len(), BOOTS_PER_BATCH_MAX)?;
        for boot in &self.boots {
            over("anchors of a boot", boot.anchors.len(), ANCHORS_PER_BOOT_MAX)?;
            over("a boot id", boot.id.len(), BOOT_ID_BYTES_MAX)?;
        }
        Ok(())
    }
}

/// A batch as it is stored and sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// The COSE_Sign1 over the header.
    pub cose: Vec<u8>,
    /// The items in the order of the tree.
    pub items: Vec<Item>,
}

impl Batch {
    /// Signs a batch; root and count of `header` are set from the items.
    ///
    /// # Errors
    /// When a limit is exceeded or there are no items.
    pub fn seal(key: &DeviceKey, mut header: BatchHeader, items: Vec<Item>) -> Result<Self, WireError> {
        check_items(&items)?;
        header.check()?;
        header.root = items_root(&items);
        header.count = u32::try_from(items.len()).map_err(|_| TOO_MANY_ITEMS)?;
        let cose = sign(key, header.device.as_bytes(), AAD_BATCH, header.to_cbor())?;
        Ok(Self { cose, items })
    }

    /// Reads the header without checking the signature, to learn whose key it needs.
    ///
    /// # Errors
    /// When the bytes are not a signed batch header.
    pub fn header(&self) -> Result<BatchHeader, WireError> {
        header_of(&self.cose)
    }

    /// Checks signature, device, count and root, and returns the header.
    ///
    /// # Errors
    /// `bad_signature` when the key did not sign it, `bad_merkle_root` when the items are not the signed ones.
    pub fn open(&self, public: &PublicKey) -> Result<BatchHeader, WireError> {
        let header = verified_header(&self.cose, public)?;
        check_items(&self.items)?;
        if usize::try_from(header.count) != Ok(self.items.len()) {
            return Err(WireError::BadMerkleRoot("the number of items differs from the signed one"));
        }
        if header.root != items_root(&self.items) {
            return Err(WireError::BadMerkleRoot("the items are not the signed ones"));
        }
        Ok(header)
    }

    /// Returns SHA-256 over the COSE_Sign1: what the log's leaf and the next batch's header hold.
    #[must_use]
    pub fn body_hash(&self) -> Hash {
        sha256(&[&self.cose])
    }

    /// Returns the inclusion path of one item under the signed root, or `None` where there is no such item.
    #[must_use]
    pub fn item_path(&self, index: usize) -> Option<Vec<Hash>> {
        let leaves: Vec<Hash> = self.items.iter().map(Item::leaf).collect();
        inclusion_path(&leaves, index)
    }

    /// Returns the bytes to store before the first send: the batch as it stands in a request, not compressed.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut writer = Writer::new();
        self.write(&mut writer);
        writer.finish()
    }

    /// Reads stored bytes. The signature is not checked.
    ///
    /// # Errors
    /// When they are not a batch or over a limit.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, WireError> {
        Reader::whole(bytes, Self::read)
    }

    pub(crate) fn write(&self, writer: &mut Writer) {
        let mut places: Vec<Place> = Vec::new();
        let mut items = Writer::new();
        for item in &self.items {
            let known = places.iter().position(|place| *place == item.place);
            let index = known.unwrap_or_else(|| {
                places.push(item.place);
                places.len() - 1
            });
            let is_change = item.typ == TYPE_CHANGE;
            items.array(if is_change { 3 } else { 4 });
            items.id(&item.record).uint(u64::try_from(index).unwrap_or(u64::MAX)).bytes(&item.bytes);
            if !is_change {
                items.uint(u64::from(item.typ));
            }
        }
        writer.array(3).bytes(&self.cose).array(places.len());
        for place in places {
            writer.place(place);
        }
        writer.array(self.items.len()).raw(&items.finish());
    }

    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, WireError> {
        reader.tuple(3, |reader| {
            let cose = reader.bytes("a batch header", BATCH_COSE_BYTES_MAX)?.to_vec();
            let places = reader.list("places of a batch", PLACES_PER_BATCH_MAX, Reader::place)?;
            let mut raw = 0_usize;
            let items = reader.list("items of a batch", BATCH_ITEMS_MAX, |reader| {
                let item = read_item(reader, &places)?;
                raw = raw.saturating_add(item.bytes.len());
                if raw > BATCH_RAW_BYTES_MAX { Err(TOO_MANY_BYTES) } else { Ok(item) }
            })?;
            Ok(Self { cose, items })
        })
    }
}

const TOO_MANY_ITEMS: WireError = WireError::TooBig { what: "items of a batch", max: BATCH_ITEMS_MAX };
const TOO_MANY_BYTES: WireError = WireError::TooBig { what: "bytes of a batch", max: BATCH_RAW_BYTES_MAX };

/// Reads the header of a batch from its COSE_Sign1 alone, without checking the signature.
///
/// # Errors
/// When the bytes are not a signed batch header.
pub fn header_of(cose: &[u8]) -> Result<BatchHeader, WireError> {
    let signed = Signed::read(cose, BATCH_COSE_BYTES_MAX)?;
    header_in(&signed)
}

/// Reads the header of a batch and checks that the device's key signed it.
///
/// # Errors
/// When another key signed it, or the bytes were changed.
pub fn verified_header(cose: &[u8], public: &PublicKey) -> Result<BatchHeader, WireError> {
    let signed = Signed::read(cose, BATCH_COSE_BYTES_MAX)?;
    signed.verify(public, AAD_BATCH)?;
    header_in(&signed)
}

fn header_in(signed: &Signed) -> Result<BatchHeader, WireError> {
    let header = Reader::whole(signed.payload()?, read_header)?;
    if signed.kid() == header.device.as_bytes() { Ok(header) } else { Err(WireError::BadSignature("the kid is not the batch's device")) }
}

fn items_root(items: &[Item]) -> Hash {
    let leaves: Vec<Hash> = items.iter().map(Item::leaf).collect();
    root(&leaves)
}

fn check_items(items: &[Item]) -> Result<(), WireError> {
    if items.is_empty() {
        return Err(WireError::BadFrame("a batch without items"));
    }
    if items.len() > BATCH_ITEMS_MAX {
        return Err(TOO_MANY_ITEMS);
    }
    let raw: usize = items.iter().map(|item| item.bytes.len()).sum();
    if raw > BATCH_RAW_BYTES_MAX { Err(TOO_MANY_BYTES) } else { Ok(()) }
}

fn read_header(reader: &mut Reader<'_>) -> Result<BatchHeader, WireError> {
    let (mut device, mut number, mut previous, mut root) = (None, None, None, None);
    let (mut count, mut clock, mut schema, mut boots) = (None, None, None, None);
    reader.map(|key, reader| {
        match key {
            1 => device = Some(reader.id()?),
            2 => number = Some(reader.uint()?),
            3 => previous = Some(reader.fixed()?),
            4 => root = Some(reader.fixed()?),
            5 => count = Some(reader.u32()?),
            6 => clock = Some(reader.int()?),
            7 => schema = Some(reader.u32()?),
            8 => boots = Some(reader.list("boots of a batch", BOOTS_PER_BATCH_MAX, read_boot)?),
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    let (number, previous) = (required(number)?, required(previous)?);
    // Number 1 that names one before it is well formed; the log tells that it is a fork.
    if number == 0 || (number > 1 && previous == [0; 32]) {
        return Err(WireError::BadFrame("only batch 1 has none before it"));
    }
    Ok(BatchHeader {
        device: required(device)?,
        number,
        previous,
        root: required(root)?,
        count: required(count)?,
        device_clock_ms: required(clock)?,
        schema: required(schema)?,
        boots: required(boots)?,
    })
}

fn read_boot(reader: &mut Reader<'_>) -> Result<Boot, WireError> {
    reader.tuple(3, |reader| {
        let number = reader.u32()?;
        let id = reader.text("a boot id", BOOT_ID_BYTES_MAX)?;
        let anchors = reader.list("anchors of a boot", ANCHORS_PER_BOOT_MAX, |reader| {
            reader.tuple(2, |reader| Ok(Anchor { server_ms: reader.int()?, mono_ms: reader.int()? }))
        })?;
        Ok(Boot { number, id, anchors })
    })
}

fn read_item(reader: &mut Reader<'_>, places: &[Place]) -> Result<Item, WireError> {
    let elements = reader.elements()?;
    if elements < 3 {
        return Err(WireError::BadFrame("an item is too short"));
    }
    let record = reader.id()?;
    let index = usize::try_from(reader.uint()?).ok();
    let place = index.and_then(|index| places.get(index)).ok_or(WireError::BadFrame("an item names no place of its batch"))?;
    let bytes = reader.bytes("bytes of a batch", BATCH_RAW_BYTES_MAX)?.to_vec();
    let typ = if elements == 3 { TYPE_CHANGE } else { u8::try_from(reader.uint()?).map_err(|_| WireError::BadFrame("an item's type"))? };
    for _ in 4..elements {
        reader.skip()?;
    }
    Ok(Item::new(typ, record, *place, bytes))
}
