//! Events as they lie in a document: one scalar of bytes under `events/<prefix of the device>.<number>`.
//!
//! CBOR with integer keys: 1 name, 2 wall clock less the claimed second of its change, 3 wall clock less monotonic
//! clock, 4 boot number, 5 fields (left out when empty). The two differences hardly change from one event of a
//! device to the next, which saves six bytes of a visit on the wire. Keys of newer clients are skipped.

use crate::{Event, cbor};
use daohu_domain::{id::Id, time::Stamp};
use minicbor::{Decoder, Encoder};

/// What every key of an event begins with.
pub(crate) const PREFIX: &str = "events/";

/// Returns the root key of a device's event.
pub(crate) fn root_key(device: Id, number: u64) -> String {
    format!("{PREFIX}{}.{number}", device.event_prefix())
}

/// Returns the part of a root key that names an event within its record.
pub(crate) fn short_key(root_key: &str) -> Option<&str> {
    root_key.strip_prefix(PREFIX)
}

/// Returns the number of an event, if its root key is one of this device's.
pub(crate) fn number_of(root_key: &str, device: Id) -> Option<u64> {
    let text = short_key(root_key)?.strip_prefix(&device.event_prefix())?.strip_prefix('.')?;
    let number: u64 = text.parse().ok()?;
    (number > 0 && number.to_string() == text).then_some(number)
}

/// Returns the bytes of an event in a change that claims this second.
pub(crate) fn encode(event: &Event, claimed_s: i64) -> Vec<u8> {
    let stamp = &event.stamp;
    let mut bytes = Vec::new();
    let mut sink = Encoder::new(&mut bytes);
    _ = sink.map(if event.fields.is_empty() { 4 } else { 5 });
    _ = sink.u8(1).and_then(|sink| sink.str(&event.name));
    _ = sink.u8(2).and_then(|sink| sink.i64(stamp.wall_ms.wrapping_sub(claimed_s.wrapping_mul(1000))));
    _ = sink.u8(3).and_then(|sink| sink.i64(stamp.wall_ms.wrapping_sub(stamp.mono_ms)));
    _ = sink.u8(4).and_then(|sink| sink.u32(stamp.boot));
    if !event.fields.is_empty() {
        _ = sink.u8(5);
        cbor::put_fields(&mut sink, &event.fields);
    }
    bytes
}

/// Reads the bytes of an event of a change that claims this second.
pub(crate) fn decode(bytes: &[u8], claimed_s: i64) -> Option<Event> {
    let mut source = Decoder::new(bytes);
    let (mut name, mut wall, mut mono, mut boot, mut fields) = (None, None, None, None, None);
    for _ in 0..source.map().ok()?? {
        match source.u64().ok()? {
            1 => name = Some(source.str().ok()?.to_owned()),
            2 => wall = Some(source.i64().ok()?.wrapping_add(claimed_s.wrapping_mul(1000))),
            3 => mono = Some(source.i64().ok()?),
            4 => boot = Some(source.u32().ok()?),
            5 => fields = Some(cbor::take_fields(&mut source, 0)?),
            _ => source.skip().ok()?,
        }
    }
    if source.position() != bytes.len() {
        return None;
    }
    let wall_ms = wall?;
    let stamp = Stamp { wall_ms, mono_ms: wall_ms.wrapping_sub(mono?), boot: boot? };
    Some(Event { name: name?, stamp, fields: fields.unwrap_or_default() })
}

#[cfg(test)]
mod tests {
    use super::{decode, encode, number_of, root_key};
    use crate::{Event, Fields};
    use daohu_domain::{id::Id, time::Stamp};
    use serde_json::json;

    fn event(fields: Fields) -> Event {
        Event { name: "submit".to_owned(), stamp: Stamp { wall_ms: 1_559_700_123_456, mono_ms: 86_400_000, boot: 3 }, fields }
    }

    #[test]
    fn an_event_comes_back_as_it_was() {
        let fields = json!({"reason": "补录"}).as_object().unwrap().clone();
        for event in [event(Fields::new()), event(fields)] {
            assert_eq!(decode(&encode(&event, 1_559_700_123), 1_559_700_123), Some(event));
        }
    }

    #[test]
    fn what_a_newer_client_adds_to_an_event_is_skipped() {
        let mut bytes = encode(&event(Fields::new()), 0);
        bytes[0] = 0xa5;
        bytes.extend([9, 0x61, b'x']);
        assert_eq!(decode(&bytes, 0), Some(event(Fields::new())));
    }

    #[test]
    fn bytes_that_are_no_event_are_refused() {
        for bytes in [&[][..], &[0xa0], &[0x81, 0x01], &[0xa1, 0x01, 0x61, b'x']] {
            assert_eq!(decode(bytes, 0), None);
        }
    }

    #[test]
    fn a_key_belongs_to_the_device_whose_prefix_it_bears() {
        let (mine, other) = (Id::from_bytes([7; 16]), Id::from_bytes([8; 16]));
        assert_eq!(root_key(mine, 12), "events/07070707.12");
        assert_eq!(number_of("events/07070707.12", mine), Some(12));
        assert_eq!(number_of("events/07070707.12", other), None);
        for key in ["events/07070707.", "events/07070707.0", "events/07070707.012", "events/07070707.x", "07070707.1"] {
            assert_eq!(number_of(key, mine), None, "{key}");
        }
    }
}
