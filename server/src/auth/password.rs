//! Passwords: argon2id in the PHC string format, and passwords that daohu makes itself.
//!
//! A wrong password and an unknown login must take the same time, so whoever finds no account checks against
//! [`decoy`], which costs exactly as much as a real one.

use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version, password_hash::phc::PasswordHash};
use std::sync::OnceLock;

/// Bytes of random salt in front of every password.
pub const SALT_BYTES: usize = 16;

/// Least characters of a password that a person chooses.
pub const PASSWORD_CHARS_MIN: usize = 12;

/// Most bytes of a password: argon2 would take four gigabytes, a request should not.
pub const PASSWORD_BYTES_MAX: usize = 256;

/// Letters of a made password: no 0, 1, i, l, o, so that it can be read aloud and typed from paper.
const MADE_LETTERS: &[u8; 31] = b"abcdefghjkmnpqrstuvwxyz23456789";

/// Says why a password cannot be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// Shorter than [`PASSWORD_CHARS_MIN`] or longer than [`PASSWORD_BYTES_MAX`].
    #[error("a password has 12 to 256 characters")]
    Length,
    /// The hash function refused its parameters or ran out of memory.
    #[error("could not hash the password")]
    Hash,
}

/// Returns the argon2id of this release: 19 MiB, two passes, one lane (the floor OWASP names in 2026).
fn argon() -> Argon2<'static> {
    Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::DEFAULT)
}

/// Hashes a password under a salt; the answer carries algorithm, parameters and salt.
///
/// # Errors
/// `Length` when it is too short or too long; nothing is hashed then.
pub fn hash(password: &str, salt: [u8; SALT_BYTES]) -> Result<String, PasswordError> {
    if password.chars().count() < PASSWORD_CHARS_MIN || password.len() > PASSWORD_BYTES_MAX {
        return Err(PasswordError::Length);
    }
    let hashed: PasswordHash = argon().hash_password_with_salt(password.as_bytes(), &salt).map_err(|_| PasswordError::Hash)?;
    Ok(hashed.to_string())
}

/// Tells whether a password is the one that was hashed; a damaged hash fits no password.
#[must_use]
pub fn fits(password: &str, hashed: &str) -> bool {
    let Ok(parsed) = PasswordHash::new(hashed) else { return false };
    password.len() <= PASSWORD_BYTES_MAX && argon().verify_password(password.as_bytes(), &parsed).is_ok()
}

/// Returns the hash that stands in for an unknown login's: nobody knows a password for it, and it costs what a real one costs.
#[must_use]
pub fn decoy() -> &'static str {
    static DECOY: OnceLock<String> = OnceLock::new();
    DECOY.get_or_init(|| hash("no account has this password", [7; SALT_BYTES]).unwrap_or_default())
}

/// Makes a password of sixteen letters and digits in four groups from sixteen random bytes (79 bits).
#[must_use]
pub fn make(random: [u8; 16]) -> String {
    let mut made = String::with_capacity(19);
    for (n, byte) in random.iter().enumerate() {
        if n > 0 && n % 4 == 0 {
            made.push('-');
        }
        made.push(char::from(MADE_LETTERS[usize::from(*byte) % MADE_LETTERS.len()]));
    }
    made
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_fits_only_its_own_hash() {
        let hashed = hash("办公室的密码一二三四五六", [3; SALT_BYTES]).unwrap();

        assert!(hashed.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert!(fits("办公室的密码一二三四五六", &hashed));
        assert!(!fits("办公室的密码一二三四五七", &hashed));
        assert!(!fits("办公室的密码一二三四五六", "not a hash"));
        assert_ne!(hashed, hash("办公室的密码一二三四五六", [4; SALT_BYTES]).unwrap());
    }

    #[test]
    fn short_and_huge_passwords_are_refused_before_any_work() {
        assert_eq!(hash("12345678901", [0; SALT_BYTES]), Err(PasswordError::Length));
        assert_eq!(hash(&"x".repeat(257), [0; SALT_BYTES]), Err(PasswordError::Length));
        assert!(!fits(&"x".repeat(5_000_000), decoy()));
    }

    #[test]
    fn the_decoy_is_a_real_hash_so_that_checking_it_costs_the_same() {
        assert!(PasswordHash::new(decoy()).is_ok());
        assert!(!fits("demo-office-2019", decoy()));
    }

    #[test]
    fn a_made_password_can_be_chosen_and_read_aloud() {
        let made = make([0, 1, 30, 31, 255, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]);

        assert_eq!(made.len(), 19);
        assert!(made.chars().all(|letter| letter == '-' || MADE_LETTERS.contains(&u8::try_from(letter).unwrap())));
        assert!(hash(&made, [0; SALT_BYTES]).is_ok());
    }
}
