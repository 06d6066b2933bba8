//! Places, ids, days, months and instants, as they are read and printed.

use daohu_domain::{
    calendar::{DAY_MS, Instant, Month, start_of},
    id::Id,
    place::Place,
};
use proptest::prelude::{prop_assert_eq, proptest};

#[test]
fn a_place_is_twelve_ascii_digits() {
    assert_eq!("610802209000".parse::<Place>().unwrap().number(), 610_802_209_000);
    assert_eq!("000000000007".parse::<Place>().unwrap().to_string(), "000000000007");
    for text in ["", "61080220900", "6108022090000", "61080220900x", "６１０８０２２０９０００", "+10802209000", " 610802209000"]
    {
        assert!(text.parse::<Place>().is_err(), "{text:?}");
    }
    assert_eq!(Place::from_number(1_000_000_000_000), None);
    let json = serde_json::to_string(&"610802209000".parse::<Place>().unwrap()).unwrap();
    assert_eq!(json, "\"610802209000\"");
    assert!(serde_json::from_str::<Place>("\"61080220900\"").is_err());
}

#[test]
fn an_id_is_printed_as_a_lower_case_uuid_and_sorts_by_age() {
    let early = Id::v7(1_556_640_000_000, [7; 10]);
    let late = Id::v7(1_556_640_000_001, [0; 10]);
    assert!(early < late && early.to_string() < late.to_string());
    assert_eq!(early.to_string().parse::<Id>().unwrap(), early);
    assert_eq!(early.to_string(), early.to_string().to_lowercase());
    assert_eq!(Id::from_slice(early.as_bytes()), Some(early));
    assert_eq!(Id::from_slice(&[0; 15]), None);
    let id = Id::from_bytes([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 0xde, 0xad, 0xbe, 0xef]);
    assert_eq!(id.event_prefix(), "deadbeef");
}

#[test]
fn days_begin_at_midnight_in_shanghai() {
    let day = "2019-06-05".parse().unwrap();
    assert_eq!(start_of(day).to_string(), "2019-06-05T00:00:00+08:00");
    assert_eq!(Instant(start_of(day).0 - 1).day().to_string(), "2019-06-04");
    assert_eq!(start_of(day).day(), day);
    assert_eq!("2019-06-04T16:00:00Z".parse::<Instant>().unwrap(), start_of(day));
    assert_eq!("2019-06-05T09:00:00.123+08:00".parse::<Instant>().unwrap().to_string(), "2019-06-05T09:00:00.123+08:00");
    assert_eq!("2019-05-31T16:00:00Z".parse::<Instant>().unwrap().month().to_string(), "2019-06");
    assert!("2019-06-05".parse::<Instant>().is_err() && "".parse::<Instant>().is_err());
}

#[test]
fn months_count_on_and_back_over_the_year() {
    let month: Month = "2019-11".parse().unwrap();
    assert_eq!(month.plus(2).to_string(), "2020-01");
    assert_eq!(month.plus(-11).to_string(), "2018-12");
    assert_eq!(month.plus(0), month);
    assert_eq!(month.start().to_string(), "2019-11-01T00:00:00+08:00");
    for text in ["2019-13", "2019-00", "2019-1", "19-01", "2019-01-01", "2019/01", "+019-01", ""] {
        assert!(text.parse::<Month>().is_err(), "{text}");
    }
    assert_eq!(serde_json::to_string(&month).unwrap(), "\"2019-11\"");
}

proptest! {
    #[test]
    fn an_instant_lies_in_its_day(ms in 0_i64..4_000_000_000_000) {
        let instant = Instant(ms);
        let begin = start_of(instant.day());
        assert!(begin <= instant && instant.0 < begin.0 + DAY_MS);
        prop_assert_eq!(instant.to_string().parse::<Instant>().unwrap(), instant);
        prop_assert_eq!(Month::of(instant.day()), instant.month());
    }
}
