//! How much memory the largest and the most hostile pictures take, by an allocator that counts. A program of its own: nothing else may
//! run beside it.

use daohu_evidence::{EvidenceError, Limits, prepare};
use image::{ExtendedColorType, ImageEncoder, codecs::png::PngEncoder};
use jpeg_encoder::{Encoder, ImageBuffer, JpegColorType, SamplingFactor};
use std::{
    alloc::{GlobalAlloc, Layout, System},
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
};

/// What a phone can spare for a photo.
const BYTES_MAX: usize = 256_000_000;

static HELD: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

struct Counted;

#[global_allocator]
static ALLOCATOR: Counted = Counted;

#[expect(unsafe_code, reason = "an allocator is unsafe by its trait; this one passes everything on to the system's")]
// SAFETY: every call goes to the system's allocator with the arguments as they came.
unsafe impl GlobalAlloc for Counted {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let held = HELD.fetch_add(layout.size(), Relaxed) + layout.size();
        PEAK.fetch_max(held, Relaxed);
        // SAFETY: as above.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        HELD.fetch_sub(layout.size(), Relaxed);
        // SAFETY: as above.
        unsafe { System.dealloc(pointer, layout) }
    }
}

/// Runs work and returns the most bytes that were held meanwhile beyond those held before.
fn peak_of<T>(work: impl FnOnce() -> T) -> (T, usize) {
    let held = HELD.load(Relaxed);
    PEAK.store(held, Relaxed);
    let done = work();
    (done, PEAK.load(Relaxed) - held)
}

/// A picture of 48 megapixels that is made row by row.
struct Large;

impl ImageBuffer for Large {
    fn get_jpeg_color_type(&self) -> JpegColorType {
        JpegColorType::Ycbcr
    }
    fn width(&self) -> u16 {
        8000
    }
    fn height(&self) -> u16 {
        6000
    }
    fn fill_buffers(&self, y: u16, buffers: &mut [Vec<u8>; 4]) {
        for x in 0..8000_u16 {
            let grain = (x ^ y).wrapping_mul(40_503).to_be_bytes()[0] / 8;
            let [shade, tone] = [(x / 40).to_le_bytes()[0], (y / 30).to_le_bytes()[0]];
            buffers[0].push(shade / 2 + tone / 3 + grain);
            buffers[1].push(96 + shade / 4);
            buffers[2].push(96 + tone / 4);
        }
    }
}

fn large_jpeg(is_progressive: bool) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, 85);
    encoder.set_progressive(is_progressive);
    encoder.set_sampling_factor(SamplingFactor::R_4_2_0);
    encoder.encode_image(Large).expect("a picture of honest size");
    bytes
}

fn large_png() -> Vec<u8> {
    let pixels: Vec<u8> = (0..8000_u32 * 6000 * 3).map(|at| (at / 9_000).to_le_bytes()[0]).collect();
    let mut bytes = Vec::new();
    PngEncoder::new(&mut bytes).write_image(&pixels, 8000, 6000, ExtendedColorType::Rgb8).expect("a picture of honest size");
    bytes
}

/// Tables that lie over each other, each with 2,560 entries.
fn tables_over_tables(pointers: u16) -> Vec<u8> {
    let mut tiff = [b"II*\0\x08\0\0\0".as_slice(), &pointers.to_le_bytes()].concat();
    let begin = 10 + u32::from(pointers) * 12 + 4;
    for at in 0..u32::from(pointers) {
        tiff.extend([&[0x69, 0x87, 4, 0, 1, 0, 0, 0], (begin + at * 2).to_le_bytes().as_slice()].concat());
    }
    tiff.extend([0; 4]);
    // Whatever two bytes are read as a count say 2,560, and whatever twelve are read as an entry say no known type.
    tiff.extend([0, 10].repeat((65_500 - tiff.len()) / 2));
    tiff
}

#[test]
fn nothing_takes_more_memory_than_a_phone_can_spare() {
    for (what, file) in [("jpeg", large_jpeg(false)), ("progressive jpeg", large_jpeg(true)), ("png", large_png())] {
        let (prepared, peak) = peak_of(|| prepare(&file, &Limits::default()));

        let prepared = prepared.unwrap();
        println!("{what}: {} bytes, prepared within {peak} bytes", file.len());
        assert_eq!((prepared.width, prepared.height), (8000, 6000));
        assert!(peak < BYTES_MAX, "{what}: {peak} bytes");
    }

    let bomb = bomb();
    let (refused, peak) = peak_of(|| prepare(&bomb, &Limits::default()));
    assert_eq!(refused, Err(EvidenceError::TooManyPixels));
    assert!(peak < 10_000, "a bomb: {peak} bytes");

    let profile = profile_bomb();
    let (prepared, peak) = peak_of(|| prepare(&profile, &Limits::default()));
    println!("a colour profile of 150 MB in {} bytes: {peak} bytes", profile.len());
    assert!(profile.len() < 1_000_000 && peak < 50_000_000, "{peak} bytes, read: {}", prepared.is_ok());

    // So many that they are not read at all, and as many as are read.
    for pointers in [2_600, 15] {
        let tiff = tables_over_tables(pointers);
        let length = u16::try_from(tiff.len() + 8).unwrap().to_be_bytes();
        let photo = daohu_pictures::to_jpeg(&daohu_pictures::picture(2, 64, 48), 80);
        let hostile = [&photo[..2], &[0xff, 0xe1], length.as_slice(), b"Exif\0\0", &tiff, &photo[2..]].concat();

        let (prepared, peak) = peak_of(|| prepare(&hostile, &Limits::default()));

        println!("{pointers} tables over tables: {peak} bytes");
        assert!(prepared.is_ok() && peak < 16_000_000, "{pointers}: {peak} bytes");
    }
}

/// A small PNG with a colour profile that is packed tightly.
fn profile_bomb() -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = PngEncoder::new(&mut bytes);
    encoder.set_icc_profile(vec![0; 150_000_000]).expect("a profile may have any size");
    encoder.write_image(&[0; 12], 2, 2, ExtendedColorType::Rgb8).expect("a picture of honest size");
    bytes
}

/// A PNG whose header says 50,000 by 50,000.
fn bomb() -> Vec<u8> {
    let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".to_vec();
    png.extend([50_000_u32.to_be_bytes(), 50_000_u32.to_be_bytes()].concat());
    png.extend(b"\x08\x06\0\0\0\0\0\0\0\0\0\0\0IEND\xae\x42\x60\x82");
    png
}
