//! EXIF is read as facts, and whatever is absurd in it is left out.

use crate::fixture::{degrees, entry, phone, photo, text, tiff, to_png, with_chunk, with_exif};
use daohu_evidence::{Facts, Limits, prepare};
use exif::{Field, Rational, Tag, Value};
use image::DynamicImage;
use jiff::civil::date;

fn facts(entries: &[Field]) -> Facts {
    prepare(&with_exif(&photo(), &tiff(entries, true)), &Limits::default()).map(|prepared| prepared.facts).unwrap_or_default()
}

#[test]
fn a_phone_says_when_with_what_and_where() {
    for is_little in [true, false] {
        let file = with_exif(&photo(), &tiff(&phone(), is_little));

        let facts = prepare(&file, &Limits::default()).unwrap().facts;

        assert_eq!(facts.taken_at, Some(date(2019, 12, 4).at(10, 20, 30, 0)));
        assert_eq!(facts.taken_offset_minutes, Some(480));
        assert_eq!((facts.make.as_deref(), facts.model.as_deref()), (Some("HUAWEI"), Some("TAS-AL00")));
        assert_eq!((facts.software.as_deref(), facts.orientation), (Some("TAS-AL00 10.0.0"), 6));
        let position = facts.position.unwrap();
        assert!((position.lat - 26.51).abs() < 1e-9 && (position.lon - 105.25).abs() < 1e-9, "{position:?}");
        assert_eq!(position.datum, "WGS-84");
    }
}

#[test]
fn a_png_may_say_it_too() {
    let png = with_chunk(&to_png(&DynamicImage::new_rgb8(40, 30)), *b"eXIf", &tiff(&phone(), true));

    let prepared = prepare(&png, &Limits::default()).unwrap();

    assert_eq!(prepared.facts.model.as_deref(), Some("TAS-AL00"));
    assert_eq!((prepared.width, prepared.height), (30, 40));
}

#[test]
fn the_rows_name_every_fact_but_the_position() {
    let rows = facts(&phone()).rows();

    let names: Vec<&str> = rows.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, ["taken_at", "taken_offset_minutes", "make", "model", "software", "orientation"]);
    assert_eq!(rows[0].1, "2019-12-04T10:20:30");
    assert!(!format!("{rows:?}").contains("105"));
}

#[test]
fn another_datum_and_the_other_halves_of_the_earth_are_told() {
    let read = facts(&[
        text(Tag::GPSLatitudeRef, "S"),
        degrees(Tag::GPSLatitude, [33, 0, 0]),
        text(Tag::GPSLongitudeRef, "W"),
        degrees(Tag::GPSLongitude, [70, 30, 0]),
        text(Tag::GPSMapDatum, "GCJ-02"),
    ]);

    let position = read.position.unwrap();
    assert!((position.lat + 33.0).abs() < 1e-9 && (position.lon + 70.5).abs() < 1e-9);
    assert_eq!(position.datum, "GCJ-02");
}

#[test]
fn a_position_that_is_none_is_left_out() {
    let sides = [text(Tag::GPSLatitudeRef, "N"), text(Tag::GPSLongitudeRef, "E")];
    let nothing = |tag| entry(tag, Value::Rational(vec![Rational { num: 0, denom: 0 }; 3]));
    let lat = |parts| degrees(Tag::GPSLatitude, parts);
    let lon = |parts| degrees(Tag::GPSLongitude, parts);
    for pair in [
        [lat([0, 0, 0]), lon([0, 0, 0])],
        [nothing(Tag::GPSLatitude), nothing(Tag::GPSLongitude)],
        [lat([91, 0, 0]), lon([105, 0, 0])],
        [lat([26, 0, 0]), lon([181, 0, 0])],
        [lat([u32::MAX, u32::MAX, u32::MAX]), lon([1, 0, 0])],
    ] {
        assert_eq!(facts(&[sides.as_slice(), pair.as_slice()].concat()).position, None);
    }
    assert_eq!(facts(&[lat([26, 0, 0]), lon([105, 0, 0])]).position, None, "no side of the earth is said");
}

#[test]
fn a_time_that_is_none_is_left_out() {
    for wrong in
        ["", "    :  :     :  :  ", "2019:13:04 10:20:30", "2019:02:30 10:20:30", "0000:00:00 00:00:00", "yesterday", "2019:12:04 25:00:00"]
    {
        assert_eq!(facts(&[text(Tag::DateTimeOriginal, wrong)]).taken_at, None, "{wrong}");
    }
    let digitized = facts(&[text(Tag::DateTimeDigitized, "2019:12:04 10:20:30"), text(Tag::OffsetTimeDigitized, "-99:00")]);
    assert_eq!((digitized.taken_at.is_some(), digitized.taken_offset_minutes), (true, None));
}

#[test]
fn texts_are_cleaned_and_short_and_odd_turns_are_none() {
    let read = facts(&[
        text(Tag::Make, "  \u{1b}[2J相机\u{7}  "),
        text(Tag::Model, &"长".repeat(5_000)),
        text(Tag::Software, " \t "),
        entry(Tag::Orientation, Value::Short(vec![9])),
    ]);

    assert_eq!(read.make.as_deref(), Some("[2J相机"));
    assert_eq!(read.model.map(|model| model.chars().count()), Some(64));
    assert_eq!((read.software, read.orientation), (None, 1));
}
