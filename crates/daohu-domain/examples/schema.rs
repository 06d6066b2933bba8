//! Prints the JSON Schema of a kind: `cargo run -p daohu-domain --example schema -- household`.

use std::io::{self, Write as _};

fn main() -> io::Result<()> {
    let name = std::env::args().nth(1).unwrap_or_default();
    let kind = daohu_domain::kinds::find(&name).ok_or_else(|| io::Error::other(format!("there is no kind {name:?}")))?;
    writeln!(io::stdout(), "{:#}", daohu_domain::schema::json_schema(kind))
}
