//! The second factor: RFC 6238 codes of six digits, thirty seconds a step, one step of tolerance.
//!
//! A code is good once: the step it was accepted for is kept with the account, and no step up to it is taken again.

use totp_rs::{Builder, Secret, Totp};

/// Bytes of a secret: what RFC 4226 recommends.
pub const SECRET_BYTES: usize = 20;

/// Seconds in a step.
pub const STEP_S: u64 = 30;

/// Returns the secret as people type it into an authenticator: base 32 without padding.
#[must_use]
pub fn shown(secret: [u8; SECRET_BYTES]) -> String {
    Secret::new_stack(secret).to_base32()
}

/// Returns the address that an authenticator reads from a QR; login and issuer are percent-encoded.
#[must_use]
pub fn address(login: &str, secret: [u8; SECRET_BYTES]) -> String {
    let login: String = login.bytes().map(encoded).collect();
    format!("otpauth://totp/daohu:{login}?secret={}&issuer=daohu", shown(secret))
}

/// Returns the step for which `code` is right at `now_ms`, if it lies after `last_step`.
///
/// The caller keeps the answer as the next `last_step`; without that a code could be replayed for ninety seconds.
#[must_use]
pub fn step_of(code: &str, secret: &[u8], now_ms: i64, last_step: u64) -> Option<u64> {
    if code.len() != 6 || !code.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let totp = totp(secret);
    let now = u64::try_from(now_ms).ok()? / 1000 / STEP_S;
    (now.saturating_sub(1)..=now + 1).filter(|step| *step > last_step).find(|step| totp.generate(step * STEP_S).to_string() == code)
}

fn totp(secret: &[u8]) -> Totp {
    // Secret length is checked where a secret is made; a short one of an older store still works here.
    Builder::new().with_secret(secret.to_vec()).with_skew(0).build_noncompliant()
}

fn encoded(byte: u8) -> String {
    if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.') { char::from(byte).to_string() } else { format!("%{byte:02X}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The secret of RFC 6238, appendix B; its eight-digit values end in the six digits used here.
    const RFC: &[u8; SECRET_BYTES] = b"12345678901234567890";

    #[test]
    fn the_codes_of_the_rfc_are_right() {
        assert_eq!(step_of("287082", RFC, 59_000, 0), Some(1));
        assert_eq!(step_of("081804", RFC, 1_111_111_109_000, 0), Some(37_037_036));
        assert_eq!(step_of("005924", RFC, 1_234_567_890_000, 0), Some(41_152_263));
    }

    #[test]
    fn one_step_early_or_late_is_taken_and_two_are_not() {
        for (offset_s, right) in [(-60, false), (-30, true), (0, true), (30, true), (60, false)] {
            let found = step_of("005924", RFC, (1_234_567_890 + offset_s) * 1000, 0);
            assert_eq!(found.is_some(), right, "at {offset_s} s");
        }
    }

    #[test]
    fn a_code_that_was_used_is_refused() {
        let step = step_of("005924", RFC, 1_234_567_890_000, 0).unwrap();

        assert_eq!(step_of("005924", RFC, 1_234_567_890_000, step), None);
        assert_eq!(step_of("005924", RFC, 1_234_567_920_000, step), None);
    }

    #[test]
    fn what_is_not_six_digits_is_no_code() {
        for code in ["", "00592", "0059240", "00592a", "００５９２４"] {
            assert_eq!(step_of(code, RFC, 1_234_567_890_000, 0), None, "{code}");
        }
    }

    #[test]
    fn the_address_carries_the_secret_and_escapes_the_login() {
        assert_eq!(address("王 a", *RFC), "otpauth://totp/daohu:%E7%8E%8B%20a?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=daohu");
    }
}
