//! EXIF as facts: when, with what and where a photo says it was taken. It says so, no more: anybody can write EXIF.
//!
//! Who owns the camera, comments and the maker's own notes are not read.

use exif::{Exif, In, Reader, Tag, Value};
use jiff::civil::DateTime;

/// Characters of a text that are kept.
const TEXT_CHARS_MAX: usize = 64;
/// Pointers to further tables that a sound EXIF may hold, those included that pixels of its small picture happen to look like. The reader
/// follows each, also into tables that lie over each other: 2,600 of them in 64 KB made it take 600 MB.
const POINTERS_MAX: usize = 16;
/// Tags that point to a further table.
const POINTERS: [u16; 3] = [0x8769, 0x8825, 0xa005];
/// The longest way from universal time, in minutes.
const OFFSET_MINUTES_MAX: i16 = 14 * 60;

/// What a photo says of itself.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Facts {
    /// When it was taken, in the local time of the camera as written.
    pub taken_at: Option<DateTime>,
    /// Minutes that the camera's local time is ahead of universal time.
    pub taken_offset_minutes: Option<i16>,
    /// Who made the camera.
    pub make: Option<String>,
    /// Which camera.
    pub model: Option<String>,
    /// The program that wrote the file: a camera's, or one that works over pictures.
    pub software: Option<String>,
    /// Where it was taken.
    pub position: Option<Position>,
    /// How the picture is to be turned, 1 to 8 as EXIF counts; 1 where nothing is said.
    pub orientation: u8,
}

/// A position in degrees.
#[derive(Debug, Clone, PartialEq)]
pub struct Position {
    /// Degrees north, -90 to 90.
    pub lat: f64,
    /// Degrees east, -180 to 180.
    pub lon: f64,
    /// The datum as written; `WGS-84` where nothing is said.
    pub datum: String,
}

impl Facts {
    /// Reads the facts of a TIFF structure; whatever is missing, damaged or absurd in it is left out.
    pub(crate) fn read(tiff: Option<&[u8]>) -> Self {
        let none = Self { orientation: 1, ..Self::default() };
        let Some(tiff) = tiff.filter(|tiff| pointers(tiff) <= POINTERS_MAX) else { return none };
        let read = Reader::new().continue_on_error(true).read_raw(tiff.to_vec());
        let Ok(exif) = read.or_else(|error| error.distill_partial_result(|_| {})) else { return none };
        let taken = moment(&exif, Tag::DateTimeOriginal, Tag::OffsetTimeOriginal)
            .or_else(|| moment(&exif, Tag::DateTimeDigitized, Tag::OffsetTimeDigitized));
        Self {
            taken_at: taken.map(|(at, _)| at),
            taken_offset_minutes: taken.and_then(|(_, offset)| offset),
            make: text(&exif, Tag::Make),
            model: text(&exif, Tag::Model),
            software: text(&exif, Tag::Software),
            position: position(&exif),
            orientation: number(&exif, Tag::Orientation).filter(|turn| (1..=8).contains(turn)).unwrap_or(1),
        }
    }

    /// Lists the facts by name as text, without the position.
    #[must_use]
    pub fn rows(&self) -> Vec<(&'static str, String)> {
        let rows = [
            ("taken_at", self.taken_at.map(|at| at.to_string())),
            ("taken_offset_minutes", self.taken_offset_minutes.map(|offset| offset.to_string())),
            ("make", self.make.clone()),
            ("model", self.model.clone()),
            ("software", self.software.clone()),
            ("orientation", Some(self.orientation.to_string()).filter(|turn| turn != "1")),
        ];
        rows.into_iter().filter_map(|(name, value)| value.map(|value| (name, value))).collect()
    }
}

/// Counts what may be a pointer, at any byte: the reader follows entries that overlap.
fn pointers(tiff: &[u8]) -> usize {
    let is_little = tiff.starts_with(b"II");
    let tag = |pair: [u8; 2]| if is_little { u16::from_le_bytes(pair) } else { u16::from_be_bytes(pair) };
    tiff.windows(2).filter(|pair| matches!(pair, [one, two] if POINTERS.contains(&tag([*one, *two])))).count()
}

fn value(exif: &Exif, tag: Tag) -> Option<&Value> {
    exif.get_field(tag, In::PRIMARY).map(|field| &field.value)
}

fn bytes(exif: &Exif, tag: Tag) -> Option<&[u8]> {
    match value(exif, tag)? {
        Value::Ascii(parts) => parts.first().map(Vec::as_slice),
        _ => None,
    }
}

fn text(exif: &Exif, tag: Tag) -> Option<String> {
    let written = String::from_utf8_lossy(bytes(exif, tag)?.get(..4 * TEXT_CHARS_MAX).unwrap_or(bytes(exif, tag)?)).into_owned();
    let kept: String = written.trim().chars().filter(|sign| !sign.is_control() && *sign != '\u{fffd}').take(TEXT_CHARS_MAX).collect();
    Some(kept.trim().to_owned()).filter(|kept| !kept.is_empty())
}

fn number(exif: &Exif, tag: Tag) -> Option<u8> {
    value(exif, tag)?.get_uint(0).and_then(|number| u8::try_from(number).ok())
}

fn moment(exif: &Exif, at: Tag, offset: Tag) -> Option<(DateTime, Option<i16>)> {
    let mut written = exif::DateTime::from_ascii(bytes(exif, at)?).ok()?;
    let part = |number: u8| i8::try_from(number).ok();
    let taken = DateTime::new(
        i16::try_from(written.year).ok()?,
        part(written.month)?,
        part(written.day)?,
        part(written.hour)?,
        part(written.minute)?,
        part(written.second)?,
        0,
    );
    let offset = bytes(exif, offset).and_then(|offset| written.parse_offset(offset).ok()).and(written.offset);
    taken.ok().map(|taken| (taken, offset.filter(|minutes| minutes.abs() <= OFFSET_MINUTES_MAX)))
}

fn position(exif: &Exif) -> Option<Position> {
    let lat = degrees(exif, Tag::GPSLatitude, (Tag::GPSLatitudeRef, b'S'), 90.0)?;
    let lon = degrees(exif, Tag::GPSLongitude, (Tag::GPSLongitudeRef, b'W'), 180.0)?;
    // A camera that has not found its position yet writes zeros.
    if lat == 0.0 && lon == 0.0 {
        return None;
    }
    Some(Position { lat, lon, datum: text(exif, Tag::GPSMapDatum).unwrap_or_else(|| "WGS-84".to_owned()) })
}

fn degrees(exif: &Exif, tag: Tag, (side, negative): (Tag, u8), most: f64) -> Option<f64> {
    let Value::Rational(parts) = value(exif, tag)? else { return None };
    let [degrees, minutes, seconds] = parts.as_slice() else { return None };
    let sum = degrees.to_f64() + minutes.to_f64() / 60.0 + seconds.to_f64() / 3600.0;
    let sign = if bytes(exif, side)?.first()?.eq_ignore_ascii_case(&negative) { -1.0 } else { 1.0 };
    // A part over zero is no number or endless, and so is not within the bounds.
    (0.0..=most).contains(&sum).then_some(sign * sum)
}
