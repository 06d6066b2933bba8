//! What the headers of an upload say.

use super::{VERSION, text};
use crate::{blobs::UploadAsk, routes::ask::media_type, routes::problem::Problem, store::blob::BlobRole};
use axum::http::{HeaderMap, StatusCode, header};
use base64::{Engine, engine::general_purpose::STANDARD};
use daohu_domain::calendar::Instant;
use sha1::Sha1;
use sha2::{Digest, Sha256};

/// The media type of a part.
const PART_TYPE: &str = "application/offset+octet-stream";

/// Bytes of `Upload-Metadata`: three short values, and names of files that nobody reads.
const METADATA_BYTES_MAX: usize = 4 * 1024;

/// The hash of a part as its sender says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Checksum {
    Sha1([u8; 20]),
    Sha256([u8; 32]),
}

/// A hash that is being made.
#[derive(Debug)]
pub(super) enum Hasher {
    Sha1(Box<Sha1>),
    Sha256(Box<Sha256>),
}

impl Checksum {
    pub(super) fn hasher(&self) -> Hasher {
        match self {
            Self::Sha1(_) => Hasher::Sha1(Box::default()),
            Self::Sha256(_) => Hasher::Sha256(Box::default()),
        }
    }
}

impl Hasher {
    pub(super) fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Sha1(hasher) => hasher.update(bytes),
            Self::Sha256(hasher) => hasher.update(bytes),
        }
    }

    pub(super) fn finish(self) -> Checksum {
        match self {
            Self::Sha1(hasher) => Checksum::Sha1(hasher.finalize().into()),
            Self::Sha256(hasher) => Checksum::Sha256(hasher.finalize().into()),
        }
    }
}

const fn bad(code: &'static str) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, code)
}

/// Checks the version.
pub(super) fn version(headers: &HeaderMap) -> Result<(), Problem> {
    if text(headers, "tus-resumable") == Some(VERSION) {
        return Ok(());
    }
    Err(Problem::new(StatusCode::PRECONDITION_FAILED, "tus_version"))
}

/// Returns the bearer.
pub(super) fn token(headers: &HeaderMap) -> Result<String, Problem> {
    let bearer = text(headers, "authorization").and_then(|value| value.split_once(' '));
    let token = bearer.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")).map(|(_, token)| token.trim().to_owned());
    token.ok_or(Problem::new(StatusCode::UNAUTHORIZED, "bad_token"))
}

/// Checks the type of a part.
pub(super) fn content_type(headers: &HeaderMap) -> Result<(), Problem> {
    if media_type(headers) == PART_TYPE { Ok(()) } else { Err(crate::routes::ask::unsupported()) }
}

/// Says whether a request that begins an upload brings bytes of it.
pub(super) fn has_body(headers: &HeaderMap) -> bool {
    let length = headers.get(header::CONTENT_LENGTH).map(|value| value.as_bytes() != b"0");
    length.unwrap_or_else(|| headers.contains_key(header::TRANSFER_ENCODING) || headers.contains_key(header::CONTENT_TYPE))
}

/// Returns where a part belongs.
pub(super) fn offset(headers: &HeaderMap) -> Result<u64, Problem> {
    number(headers, "upload-offset").ok_or(bad("bad_upload"))
}

/// Returns the hash of a part, where one is said.
pub(super) fn checksum(headers: &HeaderMap) -> Result<Option<Checksum>, Problem> {
    let Some(value) = headers.get("upload-checksum") else { return Ok(None) };
    let read = || -> Option<Checksum> {
        let (name, hash) = value.to_str().ok()?.split_once(' ')?;
        let hash = STANDARD.decode(hash.trim()).ok()?;
        match name {
            "sha1" => Some(Checksum::Sha1(hash.try_into().ok()?)),
            "sha256" => Some(Checksum::Sha256(hash.try_into().ok()?)),
            _ => None,
        }
    };
    read().map(Some).ok_or(bad("bad_upload"))
}

/// Reads what an upload is to be.
pub(super) fn ask(headers: &HeaderMap) -> Result<UploadAsk, Problem> {
    let length = number(headers, "upload-length").ok_or(bad("bad_upload"))?;
    let metadata = text(headers, "upload-metadata").filter(|text| text.len() <= METADATA_BYTES_MAX).ok_or(bad("bad_upload"))?;
    let value = |wanted: &str| -> Option<String> {
        let pair = metadata.split(',').find_map(|pair| pair.trim().split_once(' ').filter(|(key, _)| *key == wanted));
        String::from_utf8(STANDARD.decode(pair?.1.trim()).ok()?).ok()
    };
    let read = || -> Option<UploadAsk> {
        let mut hash = [0; 32];
        hex::decode_to_slice(value("sha256")?, &mut hash).ok()?;
        Some(UploadAsk { record: value("record")?.parse().ok()?, role: BlobRole::find(&value("role")?)?, hash, length })
    };
    read().ok_or(bad("bad_upload"))
}

fn number(headers: &HeaderMap, name: &str) -> Option<u64> {
    let text = text(headers, name)?;
    text.parse().ok().filter(|_| text.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Returns an instant as HTTP writes dates.
pub(super) fn http_date(at: Instant) -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let seconds = at.0.div_euclid(1000);
    let (days, of_day) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    // From days since 1970 to a date of the proleptic Gregorian calendar, in eras of 400 years that begin in March.
    let shifted = days + 719_468;
    let (era, of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let named = |names: &[&'static str], index: i64| usize::try_from(index).ok().and_then(|index| names.get(index).copied()).unwrap_or("");
    let (weekday, month) = (named(&DAYS, days.rem_euclid(7)), named(&MONTHS, month - 1));
    format!("{weekday}, {day:02} {month} {year:04} {:02}:{:02}:{:02} GMT", of_day / 3600, of_day / 60 % 60, of_day % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    #[test]
    fn a_date_is_written_as_http_writes_it() {
        assert_eq!(http_date("2019-05-06T10:00:00+08:00".parse().unwrap()), "Mon, 06 May 2019 02:00:00 GMT");
        assert_eq!(http_date("2024-02-29T07:59:59+08:00".parse().unwrap()), "Wed, 28 Feb 2024 23:59:59 GMT");
        assert_eq!(http_date(Instant(784_111_777_000)), "Sun, 06 Nov 1994 08:49:37 GMT");
    }

    #[test]
    fn a_checksum_is_one_of_two_kinds_and_of_its_length() {
        let of = |value: &str| checksum(&headers(&[("upload-checksum", value)])).map_err(|problem| problem.code);

        assert_eq!(of("sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0=").map(|found| found.is_some()), Ok(true));
        for bad in ["md5 Kq5sNclPz7QV2+lfQIuc6R7oRu0=", "sha256 Kq5sNclPz7QV2+lfQIuc6R7oRu0=", "sha1", "sha1 ???"] {
            assert_eq!(of(bad), Err("bad_upload"), "{bad}");
        }
        assert_eq!(checksum(&HeaderMap::new()), Ok(None));
    }

    #[test]
    fn an_upload_says_its_record_its_role_and_its_hash_and_a_file_name_is_not_read() {
        let hash = STANDARD.encode("a".repeat(64));
        let record = STANDARD.encode("018f0000-0000-7000-8000-000000000001");
        let metadata = format!("filename {}, sha256 {hash},record {record},role dGh1bWI=", STANDARD.encode("../../x"));

        let asked = ask(&headers(&[("upload-length", "7"), ("upload-metadata", &metadata)])).unwrap();

        assert_eq!((asked.role, asked.length, asked.hash), (BlobRole::Thumb, 7, [0xaa; 32]));
        for bad in ["", "sha256 ", "role dGh1bWI=", &metadata.replace("dGh1bWI=", "eA==")] {
            assert!(ask(&headers(&[("upload-length", "7"), ("upload-metadata", bad)])).is_err(), "{bad}");
        }
        assert!(ask(&headers(&[("upload-length", "+7"), ("upload-metadata", &metadata)])).is_err());
    }
}
