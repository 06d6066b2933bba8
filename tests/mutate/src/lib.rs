//! Broken bytes for tests, the same in every run: numbers from a seed, bytes that are bent, and changes whose
//! checksum is right whatever their body says.
//!
//! It knows none of our crates, so that the tests of each may use it.

pub mod chunk;
mod numbers;

pub use numbers::{Numbers, STEP, mixed};

/// Heads of CBOR that announce a number, bytes, a text, an array or a map of eight bytes' length.
const HEADS: [u8; 6] = [0x1b, 0x3b, 0x5b, 0x7b, 0x9b, 0xbb];

/// Bends bytes in one to three places: bits, bytes, small numbers, pieces lost, doubled or cut off, huge lengths.
#[must_use]
pub fn bent(honest: &[u8], numbers: &mut Numbers) -> Vec<u8> {
    let mut bytes = honest.to_vec();
    for _ in 0..=numbers.below(3) {
        let at = numbers.below(bytes.len());
        match (numbers.below(8), bytes.get_mut(at)) {
            (0, Some(byte)) => *byte ^= 1 << numbers.below(8),
            (1, Some(byte)) => *byte = numbers.byte(),
            (2, Some(byte)) => *byte = numbers.byte() & 7,
            (3, Some(_)) => drop(bytes.remove(at)),
            (4, _) => bytes.truncate(at),
            (5, Some(_)) => {
                let to = (at + numbers.below(16)).min(bytes.len());
                let copy = bytes.get(at..to).unwrap_or_default().to_vec();
                bytes.splice(at..at, copy);
            }
            (6, _) => {
                let head = HEADS.get(numbers.below(HEADS.len())).copied().unwrap_or_default();
                let length = numbers.next() >> numbers.below(64);
                bytes.splice(at..at, [&[head], length.to_be_bytes().as_slice()].concat());
            }
            _ => bytes.insert(at, numbers.byte()),
        }
    }
    bytes
}

/// Alters one to three bytes in their places: any byte, one bit, or a small number.
#[must_use]
pub fn altered(honest: &[u8], numbers: &mut Numbers) -> Vec<u8> {
    let mut bytes = honest.to_vec();
    for _ in 0..=numbers.below(3) {
        let at = numbers.below(bytes.len());
        if let Some(byte) = bytes.get_mut(at) {
            *byte = match numbers.below(3) {
                0 => numbers.byte(),
                1 => *byte ^ (1 << numbers.below(8)),
                _ => numbers.byte() & 7,
            };
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::{Numbers, bent};

    #[test]
    fn the_same_seed_bends_alike_and_another_otherwise() {
        let made = |seed| {
            let mut numbers = Numbers(seed);
            (0..200).map(|_| bent(b"an honest line", &mut numbers)).collect::<Vec<_>>()
        };
        assert_eq!(made(7), made(7));
        assert_ne!(made(7), made(8));
        assert!(made(7).iter().any(|bytes| bytes.len() > 14) && made(7).iter().any(|bytes| bytes.len() < 14));
    }

    #[test]
    fn nothing_is_bent_too() {
        let mut numbers = Numbers(1);
        assert!((0..200).any(|_| !bent(b"", &mut numbers).is_empty()));
    }
}
