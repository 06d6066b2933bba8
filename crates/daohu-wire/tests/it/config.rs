//! What a server says about itself, and the sentences of every error.

use crate::fixture::{log_key, seal_key};
use daohu_wire::{WireError, config::ServerConfig, head::ClockKind, limits};
use std::collections::BTreeSet;

fn config() -> ServerConfig {
    ServerConfig::new(&log_key().public(), &seal_key().public(), 1, ClockKind::System, 1_559_613_600_000)
}

#[test]
fn a_configuration_names_keys_versions_and_limits() {
    let json: serde_json::Value = serde_json::from_str(&config().to_json().unwrap()).unwrap();
    assert_eq!(json["server"], "daohu");
    assert_eq!(json["server_key"], hex::encode(log_key().public()));
    assert_eq!(json["key_id"], hex::encode(log_key().id()));
    assert_eq!(json["seal_key"], hex::encode(seal_key().public()));
    assert_eq!(json["clock"], "system");
    assert_eq!(json["proto"], serde_json::json!([limits::PROTO_MIN, limits::PROTO_MAX]));
    assert_eq!(json["limits"]["change_bytes_max"], limits::CHANGE_BYTES_MAX);
    assert_eq!(json["limits"]["max_bytes"], serde_json::json!([16_384, 65_536, 1_048_576]));
}

#[test]
fn a_later_servers_configuration_is_read_too() {
    let json = config().to_json().unwrap().replacen('{', r#"{"new_key":[1,{"x":2}],"#, 1);
    assert_eq!(ServerConfig::from_json(json.as_bytes()), Ok(config()));
}

#[test]
fn a_page_of_a_captive_portal_is_no_configuration() {
    let portal = config().to_json().unwrap().replace(r#""daohu""#, r#""wifi""#);
    assert_eq!(ServerConfig::from_json(portal.as_bytes()).unwrap_err().code(), "bad_frame");
    assert_eq!(ServerConfig::from_json(b"<html></html>").unwrap_err().code(), "bad_frame");
}

#[test]
fn every_error_has_a_code_of_its_own_and_two_sentences() {
    let all = [
        WireError::BadFrame("x"),
        WireError::BadMerkleRoot("x"),
        WireError::BadSignature("x"),
        WireError::TooBig { what: "x", max: 1 },
        WireError::TooOld(1),
        WireError::TooNew(1),
        WireError::WrongKey,
    ];
    let codes: BTreeSet<_> = all.iter().map(WireError::code).collect();
    assert_eq!(
        codes.into_iter().collect::<Vec<_>>(),
        ["bad_frame", "bad_merkle_root", "bad_signature", "too_big", "too_new", "too_old", "wrong_key"]
    );
    for error in all {
        assert!(daohu_domain::codes::sentence(error.code()).is_some_and(|both| both == (error.zh(), error.en())), "{error}");
        assert!(!error.to_string().ends_with('.'), "{error}");
    }
}
