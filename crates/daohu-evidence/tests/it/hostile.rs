//! Files that somebody made to do harm: refused by their header where they can be, and never a panic.

use crate::fixture::{jpeg_of_size, phone, photo, png_of_size, text, tiff, to_png, with_chunk, with_exif};
use daohu_domain::codes;
use daohu_evidence::{EvidenceError, FileKind, Limits, checked, looks, prepare};
use daohu_mutate::{Numbers, altered, bent};
use daohu_pictures::picture;
use exif::Tag;
use image::DynamicImage;
use jpeg_encoder::{ColorType, Encoder};
use proptest::prelude::{any, prop_assert, proptest};

fn code(bytes: &[u8]) -> &'static str {
    prepare(bytes, &Limits::default()).map_or_else(|error| error.code(), |_| "ok")
}

#[test]
fn a_bomb_is_refused_by_its_header() {
    assert_eq!(code(&png_of_size(50_000, 50_000)), "too_many_pixels");
    assert_eq!(code(&png_of_size(u32::MAX, u32::MAX)), "too_many_pixels");
    assert_eq!(code(&jpeg_of_size(50_000, 50_000)), "too_many_pixels");
    assert_eq!(code(&jpeg_of_size(u16::MAX, u16::MAX)), "too_many_pixels");
    // Within the pixels, but not within the room that decoding a PNG takes.
    assert_eq!(code(&png_of_size(10_000, 10_000)), "too_many_pixels");
    assert_eq!(code(&png_of_size(0, 10)), "unreadable_picture");
    assert_eq!(code(&jpeg_of_size(0, 10)), "unreadable_picture");
}

#[test]
fn a_progressive_picture_with_endless_passes_is_refused() {
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, 80);
    encoder.set_progressive(true);
    encoder.encode(&picture(2, 64, 64), 64, 64, ColorType::Rgb).unwrap();
    assert_eq!(code(&bytes), "ok");
    let last = bytes.windows(2).rposition(|pair| pair == [0xff, 0xda]).unwrap();
    let (scan, end) = (bytes[last..bytes.len() - 2].to_vec(), bytes.split_off(bytes.len() - 2));

    let endless = [bytes, scan.repeat(100), end].concat();

    assert_eq!(code(&endless), "too_many_pixels");
}

#[test]
fn heic_is_refused_by_name_and_other_files_as_no_picture() {
    for brand in [b"heic", b"heix", b"hevc", b"mif1", b"msf1"] {
        let main = [b"\0\0\0\x18ftyp", brand.as_slice(), b"\0\0\0\0mif1heic", &[0; 40]].concat();
        assert_eq!(code(&main), "heic");
    }
    assert_eq!(code(b"\0\0\0\x1cftypavif\0\0\0\0avifmif1miaf"), "not_a_picture");
    assert_eq!(code(b"\0\0\0\x18ftypisom\0\0\0\0isommp42"), "not_a_picture");
    for other in [b"".as_slice(), b"G", b"GIF89a", b"RIFF\0\0\0\0WEBP", b"\xff\xd8", b"\x89PNG", b"\0\0\0\0ftyp", "一份说明".as_bytes()]
    {
        assert_eq!(code(other), "not_a_picture", "{other:?}");
    }
}

#[test]
fn a_file_that_was_cut_anywhere_is_refused() {
    let jpeg = with_exif(&photo(), &tiff(&phone(), true));
    let png = with_chunk(&to_png(&DynamicImage::ImageRgb8(picture(3, 60, 40))), *b"eXIf", &tiff(&phone(), true));
    for whole in [jpeg, png] {
        assert_eq!(code(&whole), "ok");
        for end in (0..whole.len()).step_by(37).chain(whole.len().saturating_sub(40)..whole.len()) {
            let said = code(&whole[..end]);
            assert!(matches!(said, "not_a_picture" | "unreadable_picture"), "cut at {end}: {said}");
        }
    }
}

#[test]
fn exif_that_points_at_itself_or_beyond_its_end_leaves_the_picture_readable() {
    let short = |value: u16| value.to_le_bytes();
    let long = |value: u32| value.to_le_bytes();
    let entry = |tag: u16, kind: u16, count: u32, value: u32| [&short(tag)[..], &short(kind), &long(count), &long(value)].concat();
    let table = |entries: &[Vec<u8>], next: u32| {
        let count = u16::try_from(entries.len()).unwrap();
        [b"II*\0\x08\0\0\0".as_slice(), &short(count), &entries.concat(), &long(next)].concat()
    };
    let model = entry(0x0110, 2, 4, u32::from_le_bytes(*b"abc\0"));
    for (what, hostile) in [
        ("a table that is its own next", table(std::slice::from_ref(&model), 8)),
        ("a pointer to its own table", table(&[model.clone(), entry(0x8769, 4, 1, 8)], 0)),
        ("a pointer beyond the end", table(&[model.clone(), entry(0x8825, 4, 1, u32::MAX)], 0)),
        ("a value of four thousand million texts", table(&[model.clone(), entry(0x010f, 2, u32::MAX, 8)], 0)),
        ("a value beyond the end", table(&[model.clone(), entry(0x0131, 2, 100, 0xffff)], 0)),
        ("a table of 65,535 entries that are not there", [b"II*\0\x08\0\0\0\xff\xff".as_slice(), &model].concat()),
    ] {
        let prepared = prepare(&with_exif(&photo(), &hostile), &Limits::default()).unwrap();
        assert!(matches!(prepared.facts.model.as_deref(), Some("abc") | None), "{what}: {:?}", prepared.facts);
        assert_eq!(prepared.facts.software, None, "{what}");
    }
    let told = prepare(&with_exif(&photo(), &table(&[model, entry(0x8769, 4, 1, 8)], 8)), &Limits::default()).unwrap();
    assert_eq!(told.facts.model.as_deref(), Some("abc"), "what is sound is read all the same");
}

#[test]
fn enormous_exif_is_read_in_a_jpeg_and_left_out_of_a_png() {
    let large = tiff(&[text(Tag::Model, "abc"), text(Tag::ImageDescription, &"x".repeat(60_000))], true);
    assert_eq!(prepare(&with_exif(&photo(), &large), &Limits::default()).unwrap().facts.model.as_deref(), Some("abc"));

    let huge = tiff(&[text(Tag::Model, "abc"), text(Tag::ImageDescription, &"x".repeat(600_000))], true);
    let png = with_chunk(&to_png(&DynamicImage::new_rgb8(9, 9)), *b"eXIf", &huge);
    assert_eq!(prepare(&png, &Limits::default()).unwrap().facts.model, None);
}

#[test]
fn every_code_has_its_sentences_in_both_languages() {
    for error in [
        EvidenceError::NotAPicture,
        EvidenceError::Heic,
        EvidenceError::TooManyPixels,
        EvidenceError::Unreadable,
        EvidenceError::TooBig { bytes: 2, max: 1 },
        EvidenceError::CopyNotClean,
    ] {
        assert!(codes::sentence(error.code()).is_some(), "{} has no sentence", error.code());
    }
}

/// Honest files to bend.
fn honest() -> Vec<Vec<u8>> {
    let picture = picture(4, 48, 40);
    let encoded = |colours, bytes: &[u8], is_progressive| {
        let mut jpeg = Vec::new();
        let mut encoder = Encoder::new(&mut jpeg, 70);
        encoder.set_progressive(is_progressive);
        encoder.set_restart_interval(2);
        _ = encoder.encode(bytes, 48, 40, colours);
        with_exif(&jpeg, &tiff(&phone(), true))
    };
    let png = to_png(&DynamicImage::ImageRgb8(picture.clone()));
    vec![
        encoded(ColorType::Rgb, &picture, false),
        encoded(ColorType::Rgb, &picture, true),
        encoded(ColorType::Luma, &picture.as_raw()[..48 * 40], false),
        encoded(ColorType::Cmyk, &picture.as_raw().repeat(2)[..48 * 40 * 4], false),
        with_chunk(&png, *b"eXIf", &tiff(&phone(), false)),
        to_png(&DynamicImage::new_rgba16(48, 40)),
        b"\0\0\0\x18ftypheic\0\0\0\0mif1heic".to_vec(),
    ]
}

/// Does with bytes all that is done with bytes of somebody else, and holds what it says to the limits.
fn holds(bytes: &[u8]) -> bool {
    let limits = Limits { pixels_max: 4_000_000, ..Limits::default() };
    _ = looks(bytes);
    _ = checked(bytes, bytes, &limits);
    match prepare(bytes, &limits) {
        Err(_) => true,
        Ok(prepared) if prepared.kind == FileKind::Pdf => prepared.kept.is_none(),
        Ok(prepared) => {
            let (kept, thumb) = (prepared.kept.unwrap_or_default(), prepared.thumb.unwrap_or_default());
            u64::from(prepared.width) * u64::from(prepared.height) <= limits.pixels_max
                && thumb.len() <= limits.thumb_bytes_max
                && checked(&kept, &thumb, &limits).is_ok()
        }
    }
}

#[test]
fn two_thousand_bent_files_neither_panic_nor_break_a_limit() {
    let mut numbers = Numbers(20_191_204);
    let honest = honest();
    let mut refused = 0;
    for round in 0..2_100 {
        let file = &honest[round % honest.len()];
        let bent = if round % 2 == 0 { bent(file, &mut numbers) } else { altered(file, &mut numbers) };
        refused += usize::from(code(&bent) != "ok");
        assert!(holds(&bent), "round {round}");
    }
    assert!((500..2_000).contains(&refused), "{refused} of 2100 were refused");
}

proptest! {
    #[test]
    fn no_bytes_behind_a_known_beginning_panic(kind in 0..4_usize, bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let beginning = [b"\xff\xd8\xff".as_slice(), b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR", b"\xff\xd8\xff\xe1\0\x60Exif\0\0II*\0\x08\0\0\0", b""];
        prop_assert!(holds(&[beginning[kind], &bytes].concat()));
    }

    #[test]
    fn a_photo_altered_anywhere_is_refused_or_read(which in 0..7_usize, seed in any::<u64>()) {
        prop_assert!(holds(&altered(&honest()[which], &mut Numbers(seed))));
    }

    #[test]
    fn exif_bent_anywhere_is_read_without_harm(seed in any::<u64>(), is_little in any::<bool>()) {
        let file = with_exif(&photo(), &bent(&tiff(&phone(), is_little), &mut Numbers(seed)));
        let facts = prepare(&file, &Limits::default()).map(|prepared| prepared.facts);
        prop_assert!(facts.as_ref().is_ok_and(|facts| (1..=8).contains(&facts.orientation)), "{facts:?}");
    }
}
