//! Everything that must hold, in order, with the time of each step and one closing line: `N passed, N failed`.

use crate::{blobs, copy, extra_kind, glossary, kotlin, python, shell, tidy};
use std::path::Path;

/// How many tests passed and failed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Tally {
    passed: u64,
    failed: u64,
}

/// One step: its name, and what it counted or why it failed.
type Step = (&'static str, fn(&Path) -> Result<Tally, (Tally, String)>);

const STEPS: &[Step] = &[
    ("fmt", |root| chore(shell::run(root, "cargo", &["fmt", "--all", "--check"]))),
    ("tidy", |root| chore(tidy::run(root))),
    ("build", |root| chore(shell::run(root, "cargo", &["build", "--workspace", "--all-targets"]))),
    ("clippy", |root| chore(shell::run(root, "cargo", &["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]))),
    ("doc", |root| chore(shell::run(root, "cargo", &["doc", "--workspace", "--no-deps", "--quiet"]))),
    ("test", |root| tests(root, &["test", "--workspace", "--no-fail-fast"])),
    ("python", |root| match python::run(root, &[]) {
        Ok(text) => Ok(count_pytest(&text)),
        Err((text, why)) => Err((count_pytest(&text), why)),
    }),
    ("kotlin", |root| match kotlin::run(root) {
        Ok(text) => Ok(count_surefire(&text)),
        Err((text, why)) => Err((count_surefire(&text), why)),
    }),
    ("blobs", |root| match blobs::run(root) {
        Ok(text) => Ok(count_tap(&text)),
        Err((text, why)) => Err((count_tap(&text), why)),
    }),
    ("glossary", |root| chore(glossary::run(root, &["--check".to_owned()]))),
    ("extra-kind", |root| chore(extra_kind::run(root))),
    ("checks", checks),
];

/// Runs all steps, also after one failed, so that one run tells everything.
///
/// # Errors
/// A sentence that names the steps that failed.
pub(crate) fn run(root: &Path) -> Result<(), String> {
    let (mut total, mut failed) = (Tally::default(), Vec::new());
    let mut times = Vec::new();
    for (name, step) in STEPS {
        shell::say(&format!("== {name}"));
        let began = clock();
        let tally = match step(root) {
            Ok(tally) => tally,
            Err((tally, why)) => {
                shell::say(&why);
                failed.push(*name);
                Tally { failed: tally.failed.max(1), ..tally }
            }
        };
        total.passed += tally.passed;
        total.failed += tally.failed;
        times.push(format!("{name} {} s", (clock() - began) / 1000));
        shell::say(&format!("== {name}: {} s", (clock() - began) / 1000));
    }
    shell::say(&times.join(" · "));
    let closing = format!("{} passed, {} failed", total.passed, total.failed);
    shell::say(&closing);
    if failed.is_empty() { Ok(()) } else { Err(format!("failed: {}", failed.join(", "))) }
}

#[expect(clippy::disallowed_methods, reason = "this chore reports how long its steps took; nothing is decided by it")]
fn clock() -> u128 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |since| since.as_millis())
}

/// Runs the checks from outside that lie in the folder with the vectors; each is a program that exits 0 where it holds.
fn checks(root: &Path) -> Result<Tally, (Tally, String)> {
    let shared = copy::shared_of(root);
    let Ok(listed) = std::fs::read_dir(shared.join("checks")) else {
        return Err((Tally::default(), format!("no folder {}", shared.join("checks").display())));
    };
    let mut programs: Vec<_> =
        listed.flatten().map(|entry| entry.path()).filter(|path| path.is_file() && path.extension().is_none()).collect();
    programs.sort();
    let (mut tally, mut failed) = (Tally::default(), Vec::new());
    for program in programs {
        let name = program.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        shell::say(&format!("-- {name}"));
        match shell::run(root, &program.display().to_string(), &[]) {
            Ok(()) => tally.passed += 1,
            Err(why) => {
                tally.failed += 1;
                failed.push(why);
            }
        }
    }
    if failed.is_empty() { Ok(tally) } else { Err((tally, failed.join("; "))) }
}

fn chore(done: Result<(), String>) -> Result<Tally, (Tally, String)> {
    done.map(|()| Tally { passed: 1, failed: 0 }).map_err(|why| (Tally { passed: 0, failed: 1 }, why))
}

fn tests(root: &Path, words: &[&str]) -> Result<Tally, (Tally, String)> {
    match shell::run_and_read(root, "cargo", words) {
        Ok(text) => Ok(count(&text)),
        Err((text, why)) => Err((count(&text), why)),
    }
}

/// Adds up the lines `test result: ok. 3 passed; 0 failed; …`.
fn count(text: &str) -> Tally {
    let mut tally = Tally::default();
    for line in text.lines().filter(|line| line.starts_with("test result:")) {
        let number = |word: &str| {
            let before = line.split(word).next().unwrap_or_default();
            before.trim_end().rsplit([' ', '.']).next().and_then(|digits| digits.parse::<u64>().ok()).unwrap_or(0)
        };
        tally.passed += number("passed");
        tally.failed += number("failed");
    }
    tally
}

/// Reads the closing line of pytest, `2 failed, 9 passed in 1.20s`; an error while a test is made ready counts as failed.
fn count_pytest(text: &str) -> Tally {
    let closing = text
        .lines()
        .rev()
        .find(|line| line.contains(" in ") && (line.contains(" passed") || line.contains(" failed") || line.contains(" error")));
    let words: Vec<&str> = closing.unwrap_or_default().split([' ', ',']).filter(|word| !word.is_empty()).collect();
    let mut tally = Tally::default();
    for pair in words.windows(2) {
        let [number, what] = pair else { continue };
        let Ok(number) = number.parse::<u64>() else { continue };
        match *what {
            "passed" => tally.passed += number,
            "failed" | "error" | "errors" => tally.failed += number,
            _ => {}
        }
    }
    tally
}

/// Reads the closing line of Maven's tests, `Tests run: 9, Failures: 1, Errors: 1, Skipped: 0`; those of one class each say how long it took.
fn count_surefire(text: &str) -> Tally {
    let closing = text.lines().rev().find(|line| line.contains("Tests run: ") && !line.contains("Time elapsed"));
    let number = |what: &str| {
        let after = closing.and_then(|line| line.split(what).nth(1)).unwrap_or_default();
        after.split(|sign: char| !sign.is_ascii_digit()).next().and_then(|digits| digits.parse::<u64>().ok()).unwrap_or(0)
    };
    let failed = number("Failures: ") + number("Errors: ");
    Tally { passed: number("Tests run: ").saturating_sub(failed + number("Skipped: ")), failed }
}

/// Reads the closing lines of node's runner, `# pass 9` and `# fail 1`; what was cancelled or timed out failed.
fn count_tap(text: &str) -> Tally {
    let number = |what: &str| text.lines().rev().find_map(|line| line.strip_prefix(what)?.trim().parse::<u64>().ok()).unwrap_or(0);
    Tally { passed: number("# pass "), failed: number("# fail ") + number("# cancelled ") }
}

#[cfg(test)]
mod tests {
    use super::{Tally, count, count_pytest, count_surefire, count_tap};

    #[test]
    fn the_closing_lines_of_node_are_read_and_what_a_test_said_is_not() {
        let text = "# 9 tests pass here\nok 1 - a\n# tests 9\n# pass 7\n# fail 1\n# cancelled 1\n# skipped 0\n";
        assert_eq!(count_tap(text), Tally { passed: 7, failed: 2 });
        assert_eq!(count_tap("nothing ran"), Tally::default());
    }

    #[test]
    fn the_closing_line_of_surefire_is_read_and_those_of_its_classes_are_not() {
        let text = "[INFO] Tests run: 9, Failures: 0, Errors: 0, Skipped: 0, Time elapsed: 1.2 s -- in org.A\n\
                    [ERROR] Tests run: 20, Failures: 1, Errors: 2, Skipped: 3\n[INFO] BUILD FAILURE\n";
        assert_eq!(count_surefire(text), Tally { passed: 14, failed: 3 });
        assert_eq!(count_surefire("nothing was compiled"), Tally::default());
    }

    #[test]
    fn the_closing_line_of_pytest_is_read() {
        let text = "F..  [100%]\nFAILED tests/a.py::b - 3 passed in it\n2 failed, 9 passed, 1 error in 70.55s (0:01:10)\n";
        assert_eq!(count_pytest(text), Tally { passed: 9, failed: 3 });
        assert_eq!(count_pytest("no closing line"), Tally::default());
    }

    #[test]
    fn the_closing_lines_of_all_test_binaries_are_added_up() {
        let text =
            "test result: ok. 3 passed; 0 failed; 0 ignored;\nnoise 9 passed\ntest result: FAILED. 10 passed; 2 failed; 1 ignored;\n";
        assert_eq!(count(text), Tally { passed: 13, failed: 2 });
    }
}
