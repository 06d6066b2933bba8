//! Sessions of people: a random token that only its holder knows, and its hash in the store.
//!
//! A session ends twelve hours after sign-in, or thirty minutes after its last request, or when its holder ends it.

use sha2::{Digest, Sha256};

/// Name of the cookie that carries the token for pages.
pub const COOKIE: &str = "daohu_session";

/// Random bytes of a token.
pub const TOKEN_BYTES: usize = 32;

/// How long a session lives at most.
pub const LIFE_MS: i64 = 12 * 3_600_000;

/// How long it lives without a request.
pub const IDLE_MS: i64 = 30 * 60_000;

/// How stale the kept last use may be: a page of ten requests then costs one write, not ten.
pub const TOUCH_MS: i64 = 60_000;

/// Returns the token as it is sent: hex.
#[must_use]
pub fn token(random: [u8; TOKEN_BYTES]) -> String {
    hex::encode(random)
}

/// Returns what the store keeps of a token: its SHA-256. A stolen store opens no session.
#[must_use]
pub fn token_hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

/// Tells whether a session that began and was last used then is still good.
#[must_use]
pub fn is_good(began_ms: i64, used_ms: i64, now_ms: i64) -> bool {
    now_ms < began_ms + LIFE_MS && now_ms < used_ms + IDLE_MS
}

/// Returns the `Set-Cookie` value for a token; `secure` where the server speaks TLS.
#[must_use]
pub fn cookie(token: &str, secure: bool) -> String {
    let secure = if secure { "; Secure" } else { "" };
    format!("{COOKIE}={token}; Path=/; HttpOnly; SameSite=Strict; Max-Age={}{secure}", LIFE_MS / 1000)
}

/// Returns the `Set-Cookie` value that removes the cookie.
#[must_use]
pub fn cookie_end() -> String {
    format!("{COOKIE}=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0")
}

/// Finds the token in a request: `Authorization: Bearer …` first, else the cookie.
#[must_use]
pub fn token_in<'a>(authorization: Option<&'a str>, cookies: Option<&'a str>) -> Option<&'a str> {
    let bearer = authorization.and_then(|value| value.split_once(' ')).filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    let cookie = || cookies?.split(';').filter_map(|pair| pair.trim().split_once('=')).find(|(name, _)| *name == COOKIE);
    let (_, token) = bearer.or_else(cookie)?;
    let token = token.trim();
    (token.len() == 2 * TOKEN_BYTES).then_some(token)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_ends_by_age_and_by_rest() {
        assert!(is_good(0, LIFE_MS - IDLE_MS + 1, LIFE_MS - 1));
        assert!(!is_good(0, LIFE_MS - 1, LIFE_MS), "twelve hours");
        assert!(is_good(0, 0, IDLE_MS - 1));
        assert!(!is_good(0, 0, IDLE_MS), "thirty minutes without a request");
    }

    #[test]
    fn a_token_is_found_in_either_place_and_the_bearer_wins() {
        let (a, b) = (token([1; TOKEN_BYTES]), token([2; TOKEN_BYTES]));
        let bearer = format!("bearer {a}");
        let cookies = format!("theme=sun; daohu_session={b}");

        assert_eq!(token_in(Some(&bearer), Some(&cookies)), Some(a.as_str()));
        assert_eq!(token_in(None, Some(&cookies)), Some(b.as_str()));
        assert_eq!(token_in(Some("Basic abc"), None), None);
        assert_eq!(token_in(Some("Bearer short"), None), None);
    }

    #[test]
    fn the_cookie_cannot_be_read_by_scripts_nor_sent_from_elsewhere() {
        let made = cookie("aa", false);

        assert!(made.contains("HttpOnly") && made.contains("SameSite=Strict") && !made.contains("Secure"));
        assert!(cookie("aa", true).ends_with("; Secure"));
    }
}
