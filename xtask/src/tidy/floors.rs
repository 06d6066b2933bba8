//! Arrows between our crates point down only, and some libraries stay in the one place that may know them.

use cargo_metadata::{DependencyKind, MetadataCommand, Package};
use std::path::Path;

/// Our crates from the ground up (docs/ARCHITECTURE.md).
const FLOORS: &[(&str, u8)] = &[
    ("daohu-domain", 0),
    ("daohu-evidence", 0),
    ("daohu-mutate", 0),
    ("daohu-pictures", 1),
    ("daohu-wire", 1),
    ("daohu-record", 1),
    ("daohu-field", 2),
    ("daohu-server", 3),
    ("daohu-cli", 3),
    ("daohu-ffi", 3),
    ("daohu-bindgen", 5),
    ("daohu", 4),
    ("daohu-carry", 4),
    ("daohu-e2e", 5),
    ("daohu-bench", 5),
    ("daohu-fuzz", 5),
    ("daohu-chaos", 5),
    ("xtask", 5),
];

/// A library and the crates that may depend on it directly.
const KEPT: &[(&str, &[&str])] = &[
    ("rusqlite", &["daohu-field", "daohu-server"]),
    ("automerge", &["daohu-record", "daohu-bench"]),
    ("image", &["daohu-evidence", "daohu-pictures"]),
    ("jpeg-decoder", &["daohu-evidence"]),
    ("jpeg-encoder", &["daohu-evidence", "daohu-pictures"]),
    ("kamadak-exif", &["daohu-evidence"]),
    ("uniffi", &["daohu-ffi", "daohu-bindgen"]),
    ("wasm-bindgen", &["daohu-wasm"]),
    ("tokio", &["daohu-server", "daohu", "daohu-e2e", "daohu-bench", "daohu-fuzz"]),
    ("axum", &["daohu-server", "daohu", "daohu-e2e", "daohu-fuzz"]),
];

/// Returns a line for each arrow that points up, each library out of its place and each features table.
///
/// # Errors
/// A sentence when cargo cannot describe the workspace.
pub(crate) fn check(root: &Path) -> Result<Vec<String>, String> {
    let metadata = MetadataCommand::new().current_dir(root).no_deps().exec().map_err(|why| format!("cargo metadata: {why}"))?;
    let mut findings = Vec::new();
    for package in metadata.workspace_packages() {
        findings.extend(arrows(package));
        if !package.features.is_empty() {
            findings.push(format!("{}: has a [features] table; we have no features of our own", package.name));
        }
    }
    Ok(findings)
}

fn floor(name: &str) -> Option<u8> {
    FLOORS.iter().find(|(known, _)| *known == name).map(|(_, floor)| *floor)
}

fn arrows(package: &Package) -> Vec<String> {
    let mut findings = Vec::new();
    let name = package.name.as_str();
    let Some(own) = floor(name) else {
        return vec![format!("{name}: has no floor; give it one in xtask/src/tidy/floors.rs")];
    };
    for dependency in package.dependencies.iter().filter(|dependency| dependency.kind != DependencyKind::Development) {
        let target = dependency.name.as_str();
        if floor(target).is_some_and(|other| other >= own) {
            findings.push(format!("{name} -> {target}: an arrow must point down"));
        }
        if let Some((_, allowed)) = KEPT.iter().find(|(library, _)| *library == target)
            && !allowed.contains(&name)
        {
            findings.push(format!("{name} -> {target}: only {} may know it", allowed.join(", ")));
        }
    }
    if name == "daohu-field" && package.dependencies.iter().any(|dependency| dependency.name == "daohu-server") {
        findings.push("daohu-field must not know the server".to_owned());
    }
    if name == "daohu-server" && package.dependencies.iter().any(|dependency| dependency.name == "daohu-field") {
        findings.push("daohu-server must not know the field core".to_owned());
    }
    findings
}
