//! Leads about photos: what they find, and what looks like it and is none.

use daohu_domain::{
    calendar::{DAY_MS, Day, Instant, start_of},
    id::Id,
    leads::{
        Distance, Lead, Photo, Weight, not_as_taken,
        photo_differs::{self, Claim},
        photo_used_again, staged_photos,
    },
    place::Place,
};
use serde_json::json;

const VILLAGE: &str = "610802209201";
const OTHER_VILLAGE: &str = "610802209202";
const HOUR: i64 = 3_600_000;

fn id(number: u8) -> Id {
    Id::from_bytes([number; 16])
}

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

fn place(text: &str) -> Place {
    text.parse().unwrap()
}

fn noon(text: &str) -> Instant {
    Instant(start_of(day(text)).0 + 12 * HOUR)
}

/// A photo that a helper took in the farmyard, with everything the camera writes.
fn photo(number: u8) -> Photo {
    Photo {
        id: id(number),
        target: id(100 + number),
        household: Some(id(200)),
        place: place(VILLAGE),
        original: format!("{number:064x}"),
        source: "camera".to_owned(),
        taken_at: Some(noon("2019-05-06")),
        camera: Some("HUAWEI STF-AL10".to_owned()),
        software: None,
        event_date: Some(day("2019-05-06")),
        stage: None,
        is_paper: false,
    }
}

fn weights(leads: &[Lead]) -> Vec<Weight> {
    leads.iter().map(|lead| lead.weight).collect()
}

#[test]
fn a_photo_taken_on_the_day_it_shows_where_it_belongs_asks_nothing() {
    let claim = Claim {
        found_on: Some(day("2019-05-06")),
        taken_in: Some(place(VILLAGE)),
        known_cameras: vec!["HUAWEI STF-AL10".to_owned(), "OPPO R9".to_owned()],
    };
    assert_eq!(photo_differs::leads(&photo(1), &claim), []);
    assert_eq!(photo_differs::leads(&photo(1), &Claim::default()), [], "nothing is known of the claim");
    assert_eq!(not_as_taken::lead(&photo(1)), None);
}

#[test]
fn a_photo_taken_before_the_issue_was_found_is_looked_at_unless_it_says_before() {
    let claim = Claim { found_on: Some(day("2019-05-07")), ..Claim::default() };
    let found = photo_differs::leads(&photo(1), &claim);
    assert_eq!(weights(&found), [Weight::Look]);
    assert_eq!(found[0].records, [id(1), id(101)]);
    assert!(found[0].zh.contains("2019-05-07") && found[0].en.contains("2019-05-06"), "{found:?}");

    for stage in ["before", "archive"] {
        let marked = Photo { stage: Some(stage.to_owned()), ..photo(1) };
        assert_eq!(photo_differs::leads(&marked, &claim), [], "{stage}");
    }
    let after = Photo { stage: Some("after".to_owned()), ..photo(1) };
    assert_eq!(weights(&photo_differs::leads(&after, &claim)), [Weight::Look]);
}

#[test]
fn a_photo_may_lie_three_days_from_the_day_it_shows_and_not_four() {
    let apart = |taken: &str| weights(&photo_differs::leads(&Photo { taken_at: Some(noon(taken)), ..photo(1) }, &Claim::default()));
    for taken in ["2019-05-03", "2019-05-09"] {
        assert_eq!(apart(taken), [], "{taken}");
    }
    for taken in ["2019-05-02", "2019-05-10"] {
        assert_eq!(apart(taken), [Weight::Notice], "{taken}");
    }
    let unset = Photo { taken_at: Some(Instant(0)), ..photo(1) };
    assert_eq!(
        photo_differs::leads(&unset, &Claim { found_on: Some(day("2019-05-07")), ..Claim::default() }),
        [],
        "its clock was never set"
    );
    assert_eq!(apart("1999-01-01"), [], "its clock was never set");
}

#[test]
fn another_village_is_looked_at_and_another_device_is_a_hint() {
    let elsewhere = Claim { taken_in: Some(place(OTHER_VILLAGE)), ..Claim::default() };
    assert_eq!(weights(&photo_differs::leads(&photo(1), &elsewhere)), [Weight::Look]);
    let other_phone = Claim { known_cameras: vec!["OPPO R9".to_owned()], ..Claim::default() };
    assert_eq!(weights(&photo_differs::leads(&photo(1), &other_phone)), [Weight::Hint]);
    assert_eq!(photo_differs::leads(&Photo { camera: None, ..photo(1) }, &other_phone), []);
    let paper = Photo { is_paper: true, ..photo(1) };
    assert_eq!(photo_differs::leads(&paper, &elsewhere), [], "papers are scanned when there is time");
}

#[test]
fn one_file_or_a_near_copy_in_two_places_is_looked_at() {
    let judge = |one: &Photo, other: &Photo, distance: Option<u32>| {
        photo_used_again::lead(one, other, distance.map(Distance)).map(|lead| (lead.weight, lead.records))
    };
    let both = vec![id(1), id(2)];
    // Joint visits set apart: the two are of one household.
    let same_file = Photo { original: photo(1).original, ..photo(2) };
    assert_eq!(judge(&photo(1), &same_file, None), Some((Weight::Look, both.clone())));
    for (distance, weight) in [(0, Weight::Look), (6, Weight::Look), (7, Weight::Notice), (10, Weight::Notice)] {
        assert_eq!(judge(&photo(2), &photo(1), Some(distance)), Some((weight, both.clone())), "{distance}");
    }
    assert_eq!(judge(&photo(1), &photo(2), Some(11)), None);
    assert_eq!(judge(&photo(1), &photo(2), None), None, "other bytes, and no prints to compare");
}

#[test]
fn one_photo_beside_one_record_or_of_one_joint_visit_is_used_once() {
    let judge = |one: &Photo, other: &Photo| photo_used_again::lead(one, other, Some(Distance(0)));
    assert_eq!(judge(&photo(1), &photo(1)), None);
    assert_eq!(judge(&photo(1), &Photo { target: photo(1).target, ..photo(2) }), None);
    let neighbour = Photo { household: Some(id(201)), ..photo(2) };
    assert_eq!(judge(&photo(1), &neighbour), None, "a group photo of the same day and village");

    assert!(judge(&photo(1), &Photo { event_date: Some(day("2019-05-07")), ..neighbour.clone() }).is_some(), "another day");
    assert!(judge(&photo(1), &Photo { place: place(OTHER_VILLAGE), ..neighbour.clone() }).is_some(), "another village");
    let undated = |photo: Photo| Photo { event_date: None, ..photo };
    assert!(judge(&undated(photo(1)), &undated(neighbour)).is_some(), "no day is said of either");
    let old = Photo { stage: Some("archive".to_owned()), ..photo(2) };
    assert_eq!(judge(&photo(1), &old), None);
}

#[test]
fn photos_taken_in_one_go_for_different_days_are_looked_at() {
    let later = |ms: i64, day_shown: &str| Photo {
        taken_at: Some(Instant(noon("2019-05-06").0 + ms)),
        event_date: Some(day(day_shown)),
        ..photo(2)
    };
    let judge = |other: &Photo| staged_photos::lead(&photo(1), other, None).map(|lead| lead.weight);
    assert_eq!(judge(&later(3 * HOUR, "2019-05-07")), Some(Weight::Look));
    assert_eq!(judge(&later(-3 * HOUR, "2019-04-07")), Some(Weight::Look));
    assert_eq!(judge(&later(3 * HOUR + 1, "2019-05-07")), None);
    assert_eq!(judge(&later(0, "2019-05-06")), None, "two photos of one visit");
    assert_eq!(judge(&Photo { household: Some(id(201)), ..later(0, "2019-05-07") }), None, "the neighbours");
    assert_eq!(judge(&Photo { is_paper: true, ..later(0, "2019-05-07") }), None);
    assert_eq!(judge(&Photo { taken_at: None, ..later(0, "2019-05-07") }), None);
}

#[test]
fn the_same_doorway_each_month_is_never_more_than_a_hint() {
    let month_later = Photo { taken_at: Some(noon("2019-06-06")), event_date: Some(day("2019-06-06")), ..photo(2) };
    let judge = |other: &Photo, distance: u32| staged_photos::lead(&photo(1), other, Some(Distance(distance))).map(|lead| lead.weight);
    assert_eq!(judge(&month_later, 0), Some(Weight::Hint));
    assert_eq!(judge(&month_later, 12), Some(Weight::Hint));
    assert_eq!(judge(&month_later, 13), None);
    let days_later = |days: i64| {
        let at = Instant(noon("2019-05-06").0 + days * DAY_MS);
        Photo { taken_at: Some(at), event_date: Some(at.day()), ..photo(2) }
    };
    assert_eq!(judge(&days_later(6), 0), None);
    assert_eq!(judge(&days_later(7), 0), Some(Weight::Hint));
    assert_eq!(judge(&Photo { stage: Some("before".to_owned()), ..month_later }, 0), None, "before and after show one scene");
}

#[test]
fn a_file_that_an_editor_wrote_is_asked_about_and_one_without_a_camera_is_a_hint() {
    let weight = |photo: &Photo| not_as_taken::lead(photo).map(|lead| lead.weight);
    let by = |software: &str| Photo { software: Some(software.to_owned()), ..photo(1) };
    assert_eq!(weight(&by("Adobe Photoshop CC")), Some(Weight::Notice));
    assert_eq!(weight(&by("今日水印相机 3.1")), Some(Weight::Notice));
    assert_eq!(weight(&by("STF-AL10 9.1.0")), None, "what a camera calls itself");
    let bare = Photo { source: "album".to_owned(), camera: None, taken_at: None, ..photo(1) };
    assert_eq!(weight(&bare), Some(Weight::Hint));
    assert_eq!(weight(&Photo { camera: Some("OPPO R9".to_owned()), ..bare.clone() }), None, "imported with all the camera wrote");
    assert_eq!(weight(&Photo { source: "camera".to_owned(), ..bare.clone() }), None);
    assert_eq!(weight(&Photo { is_paper: true, ..bare.clone() }), None);
    assert_eq!(weight(&Photo { stage: Some("archive".to_owned()), ..bare }), None);
}

#[test]
fn a_photo_is_read_from_its_record_and_a_file_is_none() {
    let fields = json!({
        "sort": "photo", "target": id(7), "target_kind": "visit", "file": ["a".repeat(64)], "original": ["b".repeat(64)],
        "media_type": "image/jpeg", "source": "album", "taken_at": "2019-05-06T12:00:00+08:00", "camera": "OPPO R9", "event_date": "2019-05-06",
    });
    let of = |fields: &serde_json::Value| Photo::of(id(1), place(VILLAGE), Some(id(200)), fields.as_object().unwrap());
    let read = of(&fields).unwrap();
    assert_eq!((read.target, read.original.as_str(), read.taken_at), (id(7), "b".repeat(64).as_str(), Some(noon("2019-05-06"))));
    assert!(!read.is_paper);
    let with = |key: &str, value: &str| {
        let mut changed = fields.clone();
        changed[key] = json!(value);
        of(&changed)
    };
    assert!(with("source", "scan").unwrap().is_paper);
    assert!(with("sort", "minutes").unwrap().is_paper);
    assert_eq!(with("media_type", "application/pdf"), None);
}
