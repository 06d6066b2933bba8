//! Clients that others wrote against a real office: tus-js-client uploads through a link that breaks, and files lie in a bucket of a server
//! that speaks S3. Both come from the npm registry, with a lock file; everything runs on the loopback (tests/blobs).

use crate::{copy, shell};
use std::{fs, path::Path};

/// How long one test file may take, ms: a client that waits for ever must not hold up the rest.
const LONGEST_MS: u32 = 120_000;

/// Installs the clients into the target folder and runs their tests; returns what node printed.
///
/// # Errors
/// What node printed so far, and a sentence that names the step.
pub(crate) fn run(root: &Path) -> Result<String, (String, String)> {
    let target = copy::target_of(root);
    let home = target.join("hosts/blobs");
    laid_out(&root.join("tests/blobs"), &home).map_err(|why| (String::new(), format!("{}: {why}", home.display())))?;
    shell::run(root, "cargo", &["build", "--quiet", "--package", "daohu"]).map_err(|why| (String::new(), why))?;
    // No script of a package runs: nothing of these is compiled.
    let words = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
    shell::run(&home, "npm", &words).map_err(|why| (String::new(), format!("{why} (it needs Node 20 or newer, and npm)")))?;
    let office = target.join("debug/daohu").display().to_string();
    let limit = format!("--test-timeout={LONGEST_MS}");
    shell::run_and_read_with(&home, "node", &["--test", "--test-reporter=tap", &limit], &[("DAOHU_BIN", &office)])
}

/// Copies the tests beside their packages; the packages that are there already are npm's to look at.
fn laid_out(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(to)?.chain(fs::read_dir(from)?) {
        let path = entry?.path();
        let Some(name) = path.file_name().filter(|_| path.is_file()) else { continue };
        if path.starts_with(to) {
            fs::remove_file(&path)?;
        } else {
            fs::copy(&path, to.join(name))?;
        }
    }
    Ok(())
}
