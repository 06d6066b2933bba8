//! The field core's library for phones: `cargo xtask bindings --android | --ios`, where the makers' tools are there; else a sentence that
//! says what is missing.

use crate::{copy, python::fresh, shell};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// What is said where neither is asked for.
const USAGE: &str = "usage: cargo xtask bindings --android | --ios";
/// Android's names of processors, with Rust's and the NDK's compiler's.
const ANDROID: [(&str, &str, &str); 3] = [
    ("arm64-v8a", "aarch64-linux-android", "aarch64-linux-android"),
    ("armeabi-v7a", "armv7-linux-androideabi", "armv7a-linux-androideabi"),
    ("x86_64", "x86_64-linux-android", "x86_64-linux-android"),
];
/// Android 8, from which on the Kotlin package has the dates that it speaks in.
const ANDROID_API: &str = "26";
/// Devices, simulators on both kinds of Mac, and Macs, on which `swift test` runs; a framework holds one library for each of the three.
const APPLE: [(&str, &[&str]); 3] = [
    ("ios", &["aarch64-apple-ios"]),
    ("ios-simulator", &["aarch64-apple-ios-sim", "x86_64-apple-ios"]),
    ("macos", &["aarch64-apple-darwin", "x86_64-apple-darwin"]),
];
/// The oldest systems, as bindings/swift/Package.swift names them.
const APPLE_OLDEST: [(&str, &str); 2] = [("IPHONEOS_DEPLOYMENT_TARGET", "15.0"), ("MACOSX_DEPLOYMENT_TARGET", "12.0")];

/// Builds for one of the two.
///
/// # Errors
/// A sentence that names everything that is missing, or the step that failed.
pub(crate) fn run(root: &Path, words: &[String]) -> Result<(), String> {
    match words.first().map(String::as_str) {
        Some("--android") => android(root),
        Some("--ios") => ios(root),
        _ => Err(USAGE.to_owned()),
    }
}

fn android(root: &Path) -> Result<(), String> {
    let tools = std::env::var_os("ANDROID_NDK_HOME").map(PathBuf::from).and_then(|ndk| tools_of(&ndk));
    let mut missing = missing_targets(ANDROID.iter().map(|(_, target, _)| *target));
    if tools.is_none() {
        missing.push("the Android NDK (name its folder in ANDROID_NDK_HOME)".to_owned());
    }
    let Some(tools) = tools.filter(|_| missing.is_empty()) else { return Err(lacks(&missing)) };
    let to = root.join("bindings/kotlin/build/jniLibs");
    for (abi, target, compiler) in ANDROID {
        let clang = tools.join(format!("{compiler}{ANDROID_API}-clang")).display().to_string();
        let archiver = tools.join("llvm-ar").display().to_string();
        let named = target.replace('-', "_");
        let (linker, cc, ar) = (format!("CARGO_TARGET_{}_LINKER", named.to_uppercase()), format!("CC_{named}"), format!("AR_{named}"));
        let variables = [(linker.as_str(), clang.as_str()), (&cc, &clang), (&ar, &archiver)];
        shell::run_with(root, "cargo", &["build", "--release", "--package", "daohu-ffi", "--lib", "--target", target], &variables)?;
        let folder = to.join(abi);
        let from = copy::target_of(root).join(target).join("release/libdaohu_ffi.so");
        let copied = fs::create_dir_all(&folder).and_then(|()| fs::copy(&from, folder.join("libdaohu_ffi.so")));
        copied.map_err(|why| format!("{}: {why}", from.display()))?;
    }
    shell::say("bindings/kotlin/build/jniLibs holds the libraries: put that folder beside the app's sources.");
    Ok(())
}

/// Where the NDK keeps its compilers for this kind of machine.
fn tools_of(ndk: &Path) -> Option<PathBuf> {
    let hosts = fs::read_dir(ndk.join("toolchains/llvm/prebuilt")).ok()?;
    hosts.flatten().map(|host| host.path().join("bin")).find(|folder| folder.exists())
}

fn ios(root: &Path) -> Result<(), String> {
    let mut missing = missing_targets(APPLE.iter().flat_map(|(_, targets)| targets.iter().copied()));
    if !Command::new("xcodebuild").arg("-version").output().is_ok_and(|told| told.status.success()) {
        missing.push("Xcode (xcodebuild)".to_owned());
    }
    if !missing.is_empty() {
        return Err(lacks(&missing));
    }
    let target = copy::target_of(root);
    let work = fresh(&target.join("hosts/swift"))?;
    let (package, headers) = (root.join("bindings/swift"), fresh(&work.join("headers"))?);
    shell::run(root, "cargo", &["build", "--package", "daohu-ffi", "--package", "daohu-bindgen"])?;
    let built = target.join("debug/libdaohu_ffi.dylib").display().to_string();
    let bindgen = target.join("debug/daohu-bindgen").display().to_string();
    let to = headers.display().to_string();
    shell::run(root, &bindgen, &["generate", &built, "--language", "swift", "--out-dir", &to, "--no-format"])?;
    // The module map is found under this name alone.
    let generated = headers.join("daohu_ffi.swift");
    let moved = fs::copy(&generated, package.join("Sources/DaohuField/daohu_ffi.swift"))
        .and_then(|_| fs::remove_file(generated))
        .and_then(|()| fs::rename(headers.join("daohu_ffiFFI.modulemap"), headers.join("module.modulemap")));
    moved.map_err(|why| format!("the generated module: {why}"))?;

    // A folder of this name is a framework for the target of the same name in Package.swift.
    let framework = fresh(&package.join("build"))?.join("daohu_ffiFFI.xcframework").display().to_string();
    let mut words = vec!["-create-xcframework".to_owned()];
    for (slice, targets) in APPLE {
        let library = library_of(root, &target, &fresh(&work.join(slice))?, targets)?;
        words.extend(["-library".to_owned(), library, "-headers".to_owned(), to.clone()]);
    }
    words.extend(["-output".to_owned(), framework]);
    shell::run(root, "xcodebuild", &words.iter().map(String::as_str).collect::<Vec<_>>())?;
    shell::say("bindings/swift is a package now: add it to the app, or run `swift test` in it (its README).");
    Ok(())
}

/// Builds the static library for some processors and joins them to one file.
fn library_of(root: &Path, target: &Path, into: &Path, targets: &[&str]) -> Result<String, String> {
    let joined = into.join("libdaohu_ffi.a").display().to_string();
    let mut words = vec!["-create".to_owned()];
    for name in targets {
        shell::run_with(root, "cargo", &["build", "--release", "--package", "daohu-ffi", "--lib", "--target", name], &APPLE_OLDEST)?;
        words.push(target.join(name).join("release/libdaohu_ffi.a").display().to_string());
    }
    words.extend(["-output".to_owned(), joined.clone()]);
    shell::run(root, "lipo", &words.iter().map(String::as_str).collect::<Vec<_>>())?;
    Ok(joined)
}

fn missing_targets<'a>(targets: impl Iterator<Item = &'a str>) -> Vec<String> {
    let is_there = |target: &&str| {
        let told = Command::new("rustc").args(["--print", "target-libdir", "--target", target]).output();
        let folder = told.ok().map(|told| PathBuf::from(String::from_utf8_lossy(&told.stdout).trim()));
        folder.is_some_and(|folder| folder.exists())
    };
    targets.filter(|target| !is_there(target)).map(|target| format!("Rust's library for {target} (rustup target add {target})")).collect()
}

fn lacks(missing: &[String]) -> String {
    format!("Nothing was built. Missing here: {}.", missing.join("; "))
}
