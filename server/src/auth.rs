//! Who is calling: passwords, the second factor, sessions and the lock after wrong tries.
//!
//! Everything in the modules below is a pure function over what the account store holds; the use case that reads the
//! account, decides and writes back once is `sign_in`. Devices are not people: they sign their requests (see `sync`).

pub mod lockout;
pub mod password;
pub mod session;
pub mod sign_in;
pub mod totp;
pub mod user_view;
pub mod users;
