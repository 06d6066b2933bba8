//! Prints the glossary of all kinds as Markdown: `cargo run -p daohu-domain --example glossary [en]`.

use std::io::{self, Write as _};

fn main() -> io::Result<()> {
    let zh_first = std::env::args().nth(1).as_deref() != Some("en");
    io::stdout().write_all(daohu_domain::glossary::glossary(zh_first).as_bytes())
}
