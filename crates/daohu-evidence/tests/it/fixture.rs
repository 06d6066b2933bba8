//! Made files: JPEG and PNG with whatever is to be in them.

use daohu_pictures::{picture, to_jpeg};
use exif::{Field, In, Rational, Tag, Value, experimental::Writer};
use image::{DynamicImage, ImageFormat, RgbImage};
use std::io::Cursor;

/// A small photo.
pub(crate) fn photo() -> Vec<u8> {
    to_jpeg(&picture(2, 320, 240), 85)
}

/// Puts a segment behind the first marker of a JPEG.
pub(crate) fn with_segment(jpeg: &[u8], marker: u8, body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(body.len() + 2).unwrap_or(u16::MAX).to_be_bytes();
    [&jpeg[..2], &[0xff, marker], length.as_slice(), body, &jpeg[2..]].concat()
}

/// Puts EXIF into a JPEG.
pub(crate) fn with_exif(jpeg: &[u8], tiff: &[u8]) -> Vec<u8> {
    with_segment(jpeg, 0xe1, &[b"Exif\0\0", tiff].concat())
}

/// Puts a chunk behind the header of a PNG.
pub(crate) fn with_chunk(png: &[u8], name: [u8; 4], body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len()).unwrap_or(u32::MAX).to_be_bytes();
    let sum = crc(&[name.as_slice(), body].concat()).to_be_bytes();
    [&png[..33], length.as_slice(), name.as_slice(), body, sum.as_slice(), &png[33..]].concat()
}

/// Makes a PNG.
pub(crate) fn to_png(picture: &DynamicImage) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, ImageFormat::Png).map(|()| bytes.into_inner()).unwrap_or_default()
}

/// The header of a PNG of any size, with nothing behind it but an empty picture.
pub(crate) fn png_of_size(width: u32, height: u32) -> Vec<u8> {
    let mut png = to_png(&DynamicImage::new_rgb8(1, 1));
    png[16..20].copy_from_slice(&width.to_be_bytes());
    png[20..24].copy_from_slice(&height.to_be_bytes());
    let sum = crc(&png[12..29]).to_be_bytes();
    png[29..33].copy_from_slice(&sum);
    png
}

/// The same for JPEG: the frame of a real one says another size.
pub(crate) fn jpeg_of_size(width: u16, height: u16) -> Vec<u8> {
    let mut jpeg = photo();
    let frame = jpeg.windows(2).position(|pair| pair == [0xff, 0xc0]).unwrap_or(0);
    jpeg[frame + 5..frame + 7].copy_from_slice(&height.to_be_bytes());
    jpeg[frame + 7..frame + 9].copy_from_slice(&width.to_be_bytes());
    jpeg
}

fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| if sum & 1 == 1 { (sum >> 1) ^ 0xedb8_8320 } else { sum >> 1 })
    })
}

/// One entry of EXIF.
pub(crate) fn entry(tag: Tag, value: Value) -> Field {
    Field { tag, ifd_num: In::PRIMARY, value }
}

/// A text of EXIF.
pub(crate) fn text(tag: Tag, text: &str) -> Field {
    entry(tag, Value::Ascii(vec![text.as_bytes().to_vec()]))
}

/// Degrees, minutes and hundredths of seconds.
pub(crate) fn degrees(tag: Tag, [degrees, minutes, hundredths]: [u32; 3]) -> Field {
    let part = |num, denom| Rational { num, denom };
    entry(tag, Value::Rational(vec![part(degrees, 1), part(minutes, 1), part(hundredths, 100)]))
}

/// Writes entries as the TIFF structure that EXIF is.
pub(crate) fn tiff(entries: &[Field], is_little: bool) -> Vec<u8> {
    let mut writer = Writer::new();
    entries.iter().for_each(|entry| writer.push_field(entry));
    let mut bytes = Cursor::new(Vec::new());
    writer.write(&mut bytes, is_little).map(|()| bytes.into_inner()).unwrap_or_default()
}

/// What a phone writes: everything.
pub(crate) fn phone() -> Vec<Field> {
    vec![
        text(Tag::Make, "HUAWEI"),
        text(Tag::Model, "TAS-AL00"),
        text(Tag::Software, "TAS-AL00 10.0.0"),
        text(Tag::Artist, "somebody"),
        entry(Tag::Orientation, Value::Short(vec![6])),
        text(Tag::DateTimeOriginal, "2019:12:04 10:20:30"),
        text(Tag::OffsetTimeOriginal, "+08:00"),
        text(Tag::GPSLatitudeRef, "N"),
        degrees(Tag::GPSLatitude, [26, 30, 3600]),
        text(Tag::GPSLongitudeRef, "E"),
        degrees(Tag::GPSLongitude, [105, 15, 0]),
    ]
}

/// Reads a copy back as pixels.
pub(crate) fn pixels(jpeg: &[u8]) -> RgbImage {
    let mut decoder = jpeg_decoder::Decoder::new(jpeg);
    let bytes = decoder.decode().unwrap_or_default();
    let size = decoder.info().map_or((0, 0), |about| (about.width, about.height));
    RgbImage::from_raw(u32::from(size.0), u32::from(size.1), bytes).unwrap_or_default()
}

/// Says whether two colours are near each other, as far as JPEG keeps them.
pub(crate) fn near(one: [u8; 3], other: [u8; 3]) -> bool {
    one.iter().zip(other).all(|(one, other)| one.abs_diff(other) < 28)
}
