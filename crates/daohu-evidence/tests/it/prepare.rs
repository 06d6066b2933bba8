//! Copies: small enough, upright, over white, with nothing in them but the picture.

use crate::fixture::{entry, near, photo, pixels, tiff, to_png, with_exif};
use daohu_evidence::{Blob, EvidenceError, FileKind, Limits, Prepared, checked, prepare};
use daohu_mutate::Numbers;
use daohu_pictures::{photo as photograph, picture, to_jpeg};
use exif::{Tag, Value};
use image::{DynamicImage, Rgb, RgbImage, Rgba, RgbaImage};
use jpeg_encoder::{ColorType, Encoder};

fn prepared(bytes: &[u8]) -> Prepared {
    prepare(bytes, &Limits::default()).expect("an honest file")
}

fn copies(prepared: &Prepared) -> (Vec<u8>, Vec<u8>) {
    (prepared.kept.clone().unwrap_or_default(), prepared.thumb.clone().unwrap_or_default())
}

#[test]
fn typical_photos_become_copies_of_300_kb_and_thumbnails_of_8() {
    // A page, a room, a field, a wall with posters, with the detail that a phone sees.
    for seed in 1..5 {
        let original = to_jpeg(&photograph(seed, 3200, 2400), 92);

        let prepared = prepared(&original);

        let (kept, thumb) = copies(&prepared);
        assert!((100_000..=300_000).contains(&kept.len()), "{seed}: {} of {}", kept.len(), original.len());
        assert!((4_000..=8_192).contains(&thumb.len()), "{seed}: {}", thumb.len());
        assert_eq!((pixels(&kept).dimensions(), pixels(&thumb).dimensions()), ((1600, 1200), (320, 240)));
        assert_eq!((prepared.kind, prepared.width, prepared.height), (FileKind::Jpeg, 3200, 2400));
        assert_eq!(prepared.original, Blob::of(&original));
    }
}

#[test]
fn noise_that_no_quality_makes_small_stays_within_the_limits_all_the_same() {
    let mut numbers = Numbers(5);
    let noise = RgbImage::from_fn(1700, 1700, |_, _| Rgb([numbers.byte(), numbers.byte(), numbers.byte()]));

    let prepared = prepared(&to_png(&DynamicImage::ImageRgb8(noise)));

    let (kept, thumb) = copies(&prepared);
    assert!(kept.len() > 300_000 && kept.len() <= 1_000_000, "{}", kept.len());
    assert!(thumb.len() <= 8_192, "{}", thumb.len());
}

#[test]
fn copies_of_anything_pass_the_check_for_copies_of_others() {
    let with_place = with_exif(&photo(), &tiff(&crate::fixture::phone(), true));
    let grey = to_png(&DynamicImage::new_luma16(900, 20));
    for file in [photo(), with_place, grey, to_jpeg(&picture(1, 1, 1), 90), to_jpeg(&picture(1, 9_000, 2), 90)] {
        let (kept, thumb) = copies(&prepared(&file));

        let checked = checked(&kept, &thumb, &Limits::default()).unwrap();

        assert_eq!((checked.kept, checked.thumb), (Blob::of(&kept), Blob::of(&thumb)));
    }
}

#[test]
fn a_small_picture_is_not_enlarged_and_the_same_file_gives_the_same_copies() {
    let first = prepared(&photo());

    assert_eq!(pixels(&first.kept.clone().unwrap()).dimensions(), (320, 240));
    assert_eq!(first, prepared(&photo()));
}

/// Where the upper left and the upper right corner of the stored picture belong, as EXIF numbers the turns.
const TURNS: [(u16, [usize; 2]); 8] =
    [(1, [0, 1]), (2, [1, 0]), (3, [3, 2]), (4, [2, 3]), (5, [0, 2]), (6, [1, 3]), (7, [3, 1]), (8, [2, 0])];

#[test]
fn every_turn_of_a_camera_comes_out_upright() {
    let (red, green, grey) = ([200, 30, 30], [30, 180, 40], [90, 90, 90]);
    let stored = RgbImage::from_fn(160, 80, |x, y| match (x < 80, y < 40) {
        (true, true) => Rgb(red),
        (false, true) => Rgb(green),
        _ => Rgb(grey),
    });
    for (turn, [red_at, green_at]) in TURNS {
        let exif = tiff(&[entry(Tag::Orientation, Value::Short(vec![turn]))], true);

        let prepared = prepared(&with_exif(&to_jpeg(&stored, 95), &exif));

        let kept = pixels(&prepared.kept.clone().unwrap());
        let size = if turn >= 5 { (80, 160) } else { (160, 80) };
        assert_eq!((kept.dimensions(), (prepared.width, prepared.height)), (size, size), "{turn}");
        let (right, below) = (size.0 - 10, size.1 - 10);
        let corners = [(10, 10), (right, 10), (10, below), (right, below)].map(|(x, y)| kept.get_pixel(x, y).0);
        for (corner, colour) in corners.into_iter().enumerate() {
            let expected = if corner == red_at {
                red
            } else if corner == green_at {
                green
            } else {
                grey
            };
            assert!(near(colour, expected), "turn {turn}, corner {corner}: {colour:?}");
        }
    }
}

#[test]
fn what_is_transparent_lies_over_white() {
    let glass = RgbaImage::from_fn(60, 20, |x, _| {
        Rgba([
            0,
            0,
            0,
            if x < 20 {
                0
            } else if x < 40 {
                128
            } else {
                255
            },
        ])
    });

    let kept = pixels(&prepared(&to_png(&DynamicImage::ImageRgba8(glass))).kept.unwrap());

    let seen = [4, 30, 55].map(|x| kept.get_pixel(x, 10).0);
    assert!(near(seen[0], [255; 3]) && near(seen[1], [127; 3]) && near(seen[2], [0; 3]), "{seen:?}");
}

#[test]
fn a_large_png_is_scaled_and_keeps_its_colours() {
    let half = RgbImage::from_fn(3_500, 700, |x, _| if x < 1_750 { Rgb([220, 40, 40]) } else { Rgb([30, 60, 200]) });

    let prepared = prepared(&to_png(&DynamicImage::ImageRgb8(half)));

    let kept = pixels(&prepared.kept.unwrap());
    assert_eq!((kept.dimensions(), prepared.width), ((1600, 320), 3_500));
    assert!(near(kept.get_pixel(100, 100).0, [220, 40, 40]) && near(kept.get_pixel(1_500, 100).0, [30, 60, 200]));
}

#[test]
fn progressive_grey_and_printers_jpeg_look_as_they_should() {
    let encoded = |colours, of: &[u8], is_progressive| {
        let mut bytes = Vec::new();
        let mut encoder = Encoder::new(&mut bytes, 95);
        encoder.set_progressive(is_progressive);
        encoder.encode(of, 64, 64, colours).unwrap();
        pixels(&prepared(&bytes).kept.unwrap()).get_pixel(32, 32).0
    };
    let colour = [180, 90, 40];
    // No black ink, and of the other three what they take away.
    let inks = [75, 165, 215, 0];

    assert!(near(encoded(ColorType::Rgb, &colour.repeat(64 * 64), true), colour));
    assert!(near(encoded(ColorType::Luma, &[140; 64 * 64], false), [140; 3]));
    assert!(near(encoded(ColorType::Cmyk, &inks.repeat(64 * 64), false), colour));
    assert!(near(encoded(ColorType::CmykAsYcck, &inks.repeat(64 * 64), false), colour));
}

#[test]
fn a_pdf_is_kept_as_it_is() {
    let file = b"%PDF-1.7\n%an invented notice\n";

    let prepared = prepared(file);

    assert_eq!((prepared.kind, prepared.kept.is_none(), prepared.thumb.is_none()), (FileKind::Pdf, true, true));
    assert_eq!(prepared.original.hex(), Blob::of(file).hex());
    assert_eq!((prepared.original.hex().len(), prepared.original.size), (64, 29));
    assert_eq!(prepared.kind.media_type(), "application/pdf");
}

#[test]
fn more_bytes_than_are_taken_are_refused_before_they_are_read() {
    let limits = Limits { original_bytes_max: 100, ..Limits::default() };

    assert_eq!(prepare(&photo(), &limits).unwrap_err(), EvidenceError::TooBig { bytes: photo().len(), max: 100 });
}
