//! Copies that a browser's page made are taken only where they are what the core would have made.

use crate::fixture::{phone, photo, tiff, to_png, with_exif, with_segment};
use daohu_evidence::{EvidenceError, Limits, checked};
use daohu_pictures::{picture, to_jpeg};
use image::DynamicImage;

fn code(kept: &[u8], thumb: &[u8]) -> &'static str {
    checked(kept, thumb, &Limits::default()).map_or_else(|error| error.code(), |_| "ok")
}

#[test]
fn a_clean_pair_is_taken() {
    let (kept, thumb) = (to_jpeg(&picture(3, 1600, 1200), 80), photo());

    let checked = checked(&kept, &to_jpeg(&picture(3, 160, 120), 60), &Limits::default()).unwrap();

    assert_eq!((checked.width, checked.height), (1600, 1200));
    assert_eq!(code(&kept, &thumb), "too_big", "{} bytes are too many for a thumbnail", thumb.len());
}

#[test]
fn anything_beside_the_picture_is_refused() {
    let clean = to_jpeg(&picture(3, 160, 120), 60);
    assert_eq!(code(&clean, &clean), "ok");
    for (what, copy) in [
        ("EXIF", with_exif(&clean, &tiff(&phone(), true))),
        ("XMP", with_segment(&clean, 0xe1, b"http://ns.adobe.com/xap/1.0/\0<x/>")),
        ("a comment", with_segment(&clean, 0xfe, b"taken at home")),
        ("IPTC", with_segment(&clean, 0xed, b"Photoshop 3.0\0")),
        ("a second picture", with_segment(&clean, 0xe2, b"MPF\0")),
        ("a picture within JFIF", with_segment(&clean, 0xe0, b"JFXX\0\x10")),
        ("bytes behind the end", [clean.as_slice(), b"and more"].concat()),
    ] {
        assert_eq!(code(&copy, &clean), "copy_not_clean", "{what} in the kept copy");
        assert_eq!(code(&clean, &copy), "copy_not_clean", "{what} in the thumbnail");
    }
    assert_eq!(code(&with_segment(&clean, 0xe2, b"ICC_PROFILE\0\x01\x01"), &clean), "ok", "a profile belongs to the picture");
}

#[test]
fn other_sorts_and_sizes_are_refused() {
    let clean = to_jpeg(&picture(3, 160, 120), 60);

    assert_eq!(code(&to_jpeg(&picture(3, 1601, 100), 60), &clean), "too_many_pixels");
    assert_eq!(code(&clean, &to_jpeg(&picture(1, 321, 8), 60)), "too_many_pixels");
    assert_eq!(code(&to_png(&DynamicImage::new_rgb8(160, 120)), &clean), "not_a_picture");
    assert_eq!(code(&clean, b"%PDF-1.7"), "not_a_picture");
    assert_eq!(code(&clean[..clean.len() / 2], &clean), "unreadable_picture");
    assert_eq!(checked(&vec![0; 1_000_001], &clean, &Limits::default()), Err(EvidenceError::TooBig { bytes: 1_000_001, max: 1_000_000 }));
}

#[test]
fn a_copy_whose_header_is_sound_and_whose_picture_is_not_is_refused() {
    let clean = to_jpeg(&picture(3, 160, 120), 60);
    let scan = clean.windows(2).position(|pair| pair == [0xff, 0xda]).unwrap();
    // The scan is there and coded by a table that is not.
    let tables: Vec<usize> = clean.windows(2).enumerate().filter(|(_, pair)| *pair == [0xff, 0xc4]).map(|(at, _)| at).collect();
    let without = [&clean[..tables[0]], &clean[scan..]].concat();

    assert_eq!(code(&without, &clean), "unreadable_picture");
}
