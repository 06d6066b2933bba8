//! Plain values as CBOR: small, the same bytes for the same value, ids as sixteen bytes.
//!
//! Used inside one scalar of a document: events, rows, positions. Maps are sorted by key, so that two devices that
//! mean the same write the same. A text that is an id is kept as its bytes and comes back as the text.

use crate::{Fields, Json};
use daohu_domain::id::Id;
use minicbor::{Decoder, Encoder, data::Type};

/// Nothing we declare is nested deeper; what is comes from no client of ours.
const DEPTH_MAX: u8 = 8;

type Sink<'a> = Encoder<&'a mut Vec<u8>>;

/// Returns a value as CBOR.
pub(crate) fn encode(value: &Json) -> Vec<u8> {
    let mut bytes = Vec::new();
    put(&mut Encoder::new(&mut bytes), value);
    bytes
}

/// Returns the value of CBOR bytes; `None` unless they hold exactly one value of ours.
pub(crate) fn decode(bytes: &[u8]) -> Option<Json> {
    let mut decoder = Decoder::new(bytes);
    let value = take(&mut decoder, 0)?;
    (decoder.position() == bytes.len()).then_some(value)
}

/// Appends a value. Writing to a vector cannot fail, so the result of each call carries nothing.
pub(crate) fn put(sink: &mut Sink<'_>, value: &Json) {
    match value {
        Json::Null => _ = sink.null(),
        Json::Bool(yes) => _ = sink.bool(*yes),
        Json::Number(number) => put_number(sink, number),
        Json::String(text) => match as_id(text) {
            Some(id) => _ = sink.bytes(id.as_bytes()),
            None => _ = sink.str(text),
        },
        Json::Array(items) => {
            _ = sink.array(items.len() as u64);
            items.iter().for_each(|item| put(sink, item));
        }
        Json::Object(fields) => put_fields(sink, fields),
    }
}

fn put_number(sink: &mut Sink<'_>, number: &serde_json::Number) {
    if let Some(whole) = number.as_i64() {
        _ = sink.i64(whole);
    } else if let Some(whole) = number.as_u64() {
        _ = sink.u64(whole);
    } else {
        _ = sink.f64(number.as_f64().unwrap_or_default());
    }
}

/// Appends a map, sorted by key.
pub(crate) fn put_fields(sink: &mut Sink<'_>, fields: &Fields) {
    let mut sorted: Vec<(&String, &Json)> = fields.iter().collect();
    sorted.sort_by_key(|(key, _)| *key);
    _ = sink.map(sorted.len() as u64);
    for (key, value) in sorted {
        _ = sink.str(key);
        put(sink, value);
    }
}

/// Returns the id a text is, if it is exactly the printed form of one.
fn as_id(text: &str) -> Option<Id> {
    let id: Id = if text.len() == 36 { text.parse().ok()? } else { return None };
    (id.to_string() == text).then_some(id)
}

/// Reads one value.
pub(crate) fn take(source: &mut Decoder<'_>, depth: u8) -> Option<Json> {
    if depth > DEPTH_MAX {
        return None;
    }
    match source.datatype().ok()? {
        Type::Null => source.null().ok().map(|()| Json::Null),
        Type::Bool => source.bool().ok().map(Json::Bool),
        Type::U8 | Type::U16 | Type::U32 | Type::U64 => source.u64().ok().map(Json::from),
        Type::I8 | Type::I16 | Type::I32 | Type::I64 => source.i64().ok().map(Json::from),
        Type::F16 | Type::F32 | Type::F64 => source.f64().ok().and_then(serde_json::Number::from_f64).map(Json::Number),
        Type::String => source.str().ok().map(Json::from),
        Type::Bytes => Id::from_slice(source.bytes().ok()?).map(|id| Json::from(id.to_string())),
        Type::Array => {
            let count = source.array().ok()??;
            let mut items = Vec::new();
            for _ in 0..count {
                items.push(take(source, depth + 1)?);
            }
            Some(Json::Array(items))
        }
        Type::Map => take_fields(source, depth).map(Json::Object),
        _ => None,
    }
}

/// Reads a map with texts as keys.
pub(crate) fn take_fields(source: &mut Decoder<'_>, depth: u8) -> Option<Fields> {
    let count = source.map().ok()??;
    let mut fields = Fields::new();
    for _ in 0..count {
        let key = source.str().ok()?.to_owned();
        let value = take(source, depth + 1)?;
        if fields.insert(key, value).is_some() {
            return None;
        }
    }
    Some(fields)
}

#[cfg(test)]
mod tests {
    use super::{decode, encode};
    use serde_json::json;

    #[test]
    fn a_value_comes_back_as_it_was() {
        let value = json!({"name": "王建国", "n": -3, "big": u64::MAX, "yes": true, "none": null, "list": [1.5, "a"], "id": "0190163d-8694-7397-a2a4-2d4b2a3a0f01"});
        assert_eq!(decode(&encode(&value)), Some(value));
    }

    #[test]
    fn the_order_of_keys_does_not_change_the_bytes() {
        assert_eq!(encode(&json!({"a": 1, "b": 2})), encode(&json!({"b": 2, "a": 1})));
    }

    #[test]
    fn an_id_takes_seventeen_bytes() {
        assert_eq!(encode(&json!("0190163d-8694-7397-a2a4-2d4b2a3a0f01")).len(), 17);
    }

    #[test]
    fn what_is_not_one_value_of_ours_is_refused() {
        for bytes in [&[][..], &[0x81], &[0x01, 0x01], &[0x9f, 0xff], &[0x42, 1, 2], &[0xa2, 0x61, 0x61, 1, 0x61, 0x61, 2], &[0x81; 64]] {
            assert_eq!(decode(bytes), None, "{bytes:02x?}");
        }
    }
}
