//! Another address of the office: before anything is sent there, it has to name the enrolled server's key.
//!
//! That keeps work from a mistyped address or a portal. It proves nothing: the answer to the sync itself does.

use crate::{
    error::FieldError,
    exchange::{Request, Response},
    store::{
        Connection,
        meta::{self, key},
    },
};
use daohu_wire::ServerConfig;

/// Returns the request that asks an address for its key.
pub(crate) fn who_is_there() -> Request {
    Request { method: "GET", path: "/v1/config".to_owned(), headers: Vec::new(), body: Vec::new() }
}

/// Says whether there was an answer at all to [`who_is_there`], from whomever.
///
/// # Errors
/// `server_busy` where there is no time to answer, `server_full` where there is no room; `not_our_server` for any other refusal.
pub(crate) fn answered(response: &Response) -> Result<(), FieldError> {
    if response.status == 200 {
        return Ok(());
    }
    let refusal = response.refusal();
    Err(match refusal.code() {
        "server_busy" | "server_full" => refusal,
        "internal" => FieldError::new("server_busy"),
        _ => FieldError::new("not_our_server"),
    })
}

/// Says whether the answer to [`who_is_there`] names the key of the enrolled server.
///
/// # Errors
/// `not_our_server`; `server_busy` where it has no time to answer, `server_full` where it has no room.
pub(crate) fn is_the_enrolled_server(connection: &Connection, response: &Response) -> Result<(), FieldError> {
    let stranger = || FieldError::new("not_our_server");
    answered(response)?;
    let config = ServerConfig::from_json(&response.body).map_err(|error| stranger().because(error))?;
    let enrolled = meta::bytes32(connection, key::SERVER_KEY)?.ok_or_else(stranger)?;
    if config.server_key == hex::encode(enrolled) { Ok(()) } else { Err(stranger()) }
}
