//! Lists the kinds: every file of `src/kinds` is one, so that a new kind needs no line elsewhere.

use std::{env, fs, io, path::Path};

fn main() -> io::Result<()> {
    let folder = Path::new(&env::var("CARGO_MANIFEST_DIR").map_err(io::Error::other)?).join("src/kinds");
    let target = Path::new(&env::var("OUT_DIR").map_err(io::Error::other)?).join("kinds.rs");
    println!("cargo::rerun-if-changed=src/kinds");
    let mut files = Vec::new();
    for entry in fs::read_dir(&folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|ending| ending == "rs")
            && let Some(name) = path.file_stem().and_then(|stem| stem.to_str())
        {
            files.push((name.to_owned(), path.display().to_string()));
        }
    }
    files.sort();
    let modules: String = files.iter().map(|(name, path)| format!("#[path = {path:?}]\npub mod {name};\n")).collect();
    let names: String = files.iter().map(|(name, _)| format!("    &{name}::KIND,\n")).collect();
    fs::write(target, format!("{modules}\nstatic ALL: &[&Kind] = &[\n{names}];\n"))
}
