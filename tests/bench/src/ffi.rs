//! What the border to other languages costs: the same calls in Rust, through the foreign object, in Python and in Kotlin; and how long a
//! read may take while a sync is applied.

use crate::{
    clock::{median, ms, quantile, timed},
    core::push_all,
    report::{Figure, Outcome},
    township::Township,
    workload::Line,
};
use daohu_ffi::{EnrolOptions, FieldLedger, HostClock, HostError, HostTransport, HttpRequest, HttpResponse, TransportError};
use daohu_field::{Request, SyncOptions};
use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    process::Command,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicI64, Ordering},
        mpsc::{Receiver, Sender, channel},
    },
    thread,
};

/// Where the generated Python module with its library lies.
const MODULE: &str = "DAOHU_FFI_PYTHON";
/// The classes of the Kotlin package, of its tests and of what they rest on, as Java wants to be told.
const CLASSES: &str = "DAOHU_FFI_KOTLIN";
/// The library that these classes load.
const LIBRARY: &str = "DAOHU_FFI_LIBRARY";
/// The key of the bench's stores.
const KEY: [u8; 32] = [7; 32];
/// Changes that one phone brought before.
const AT_ONCE: usize = 100;

/// How much is measured.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sizes {
    /// Visits that a first sync brings.
    pub(crate) visits: usize,
    /// Households of the due list.
    pub(crate) households: usize,
    /// Small calls.
    pub(crate) calls: usize,
    /// Due lists.
    pub(crate) rounds: usize,
}

impl Sizes {
    /// As the figures are told.
    pub(crate) const WHOLE: Self = Self { visits: 10_000, households: 500, calls: 20_000, rounds: 15 };
    /// For a look.
    pub(crate) const QUICK: Self = Self { visits: 200, households: 50, calls: 500, rounds: 3 };
}

/// A clock that stands where the office's stands.
#[derive(Debug)]
struct Standing(AtomicI64);

impl HostClock for Standing {
    fn wall_ms(&self) -> Result<i64, HostError> {
        Ok(self.0.load(Ordering::Relaxed))
    }

    fn mono_ms(&self) -> Result<i64, HostError> {
        self.wall_ms()
    }

    fn boot(&self) -> Result<String, HostError> {
        Ok("bench".to_owned())
    }

    fn is_set(&self) -> Result<bool, HostError> {
        Ok(true)
    }
}

/// Hands each request to the thread that holds the office, and waits.
struct Handing(Mutex<(Sender<HttpRequest>, Receiver<HttpResponse>)>);

impl HostTransport for Handing {
    fn exchange(&self, request: HttpRequest) -> Result<HttpResponse, TransportError> {
        let ends = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        ends.0.send(request).map_err(|_| TransportError::Broken)?;
        ends.1.recv().map_err(|_| TransportError::Broken)
    }
}

/// Measures all of it.
pub(crate) fn run(lines: &[Line], sizes: Sizes, say: &mut dyn FnMut(&Figure)) -> Outcome {
    let mut chosen = BTreeSet::new();
    for line in lines {
        if chosen.len() < sizes.households {
            chosen.insert(line.household.as_str());
        }
    }
    let some: Vec<Line> =
        lines.iter().filter(|line| chosen.contains(line.household.as_str())).take(sizes.households * 2).cloned().collect();
    let (township, _, _) = push_all(&some, AT_ONCE)?;
    let (field, path, _) = phone(&township, &some, None)?;
    small_calls(&field, sizes, say)?;
    due_list(&field, sizes, say)?;
    drop(field);
    for (language, call) in [("python", python()), ("kotlin", kotlin())] {
        if let Some(call) = call {
            elsewhere(language, call, (&path, latest(&some), sizes), say)?;
        }
    }
    let (township, _, _) = push_all(lines, AT_ONCE)?;
    let mut reads = Vec::new();
    let (_, _, spans) = phone(&township, lines, Some(&mut reads))?;
    say(&Figure::new("ffi", format!("longest_read_while_{}_are_applied_ms", lines.len()), quantile(&reads, 1.0), "ms")
        .with_number("median", median(&reads))
        .with_number("p99", quantile(&reads, 0.99))
        .with("reads", reads.len())
        .with_number("sync_s", spans / 1000.0)
        .with("read", "status"));
    Ok(())
}

fn latest(lines: &[Line]) -> i64 {
    lines.iter().map(|line| line.end_ms).max().unwrap_or_default()
}

/// Enrols a phone through the foreign object and syncs it; another thread reads meanwhile, where it is asked to.
fn phone(township: &Township, lines: &[Line], reads: Option<&mut Vec<f64>>) -> Outcome<(Arc<FieldLedger>, PathBuf, f64)> {
    let now_ms = latest(lines);
    township.at(now_ms)?;
    let path = township.folder().join("foreign.db");
    let field = FieldLedger::open(&path.to_string_lossy(), &KEY, Some(Arc::new(Standing(AtomicI64::new(now_ms)))))?;
    let ((ask, asked), (answer, answered)) = (channel::<HttpRequest>(), channel());
    let transport: Arc<dyn HostTransport> = Arc::new(Handing(Mutex::new((ask, answered))));
    let options = EnrolOptions { server: "http://bench".to_owned(), code: township.code()?, label: "foreign".to_owned() };
    let synced = AtomicBool::new(false);
    thread::scope(|scope| {
        let reader = reads.is_some().then(|| scope.spawn(|| reading(&field, &synced)));
        let phone = scope.spawn(|| {
            let enrolled = Arc::clone(&field).enrol(options, Arc::clone(&transport));
            let done = enrolled.and_then(|_| {
                let (done, span) = timed(|| Arc::clone(&field).sync(SyncOptions::default(), Arc::clone(&transport)));
                done.map(|_| ms(span))
            });
            // The office's loop ends with the last sender.
            drop(transport);
            done
        });
        for request in asked {
            let HttpRequest { method, path, headers, body, .. } = request;
            let method = if method == "GET" { "GET" } else { "POST" };
            let headers = headers.into_iter().map(|header| (header.name, header.value)).collect();
            let response = township.carry(&Request { method, path, headers, body });
            answer.send(HttpResponse { status: response.status, body: response.body })?;
        }
        let span = phone.join().map_err(|_| "the phone's thread ended")?;
        synced.store(true, Ordering::Relaxed);
        if let (Some(reader), Some(reads)) = (reader, reads) {
            *reads = reader.join().map_err(|_| "the reader's thread ended")??;
        }
        Ok((Arc::clone(&field), path, span?))
    })
}

/// Reads until the sync is done.
fn reading(field: &FieldLedger, synced: &AtomicBool) -> Result<Vec<f64>, daohu_ffi::LedgerError> {
    let mut spans = Vec::new();
    while !synced.load(Ordering::Relaxed) {
        let (status, span) = timed(|| field.status());
        status?;
        spans.push(ms(span));
    }
    Ok(spans)
}

fn small_calls(field: &FieldLedger, sizes: Sizes, say: &mut dyn FnMut(&Figure)) -> Outcome {
    let (done, span) = timed(|| (0..sizes.calls).try_for_each(|_| field.conflicts().map(drop)));
    done?;
    say(&Figure::new("ffi", "calls_per_s_rust", sizes.calls as f64 / span.as_secs_f64(), "calls/s").with("call", "conflicts"));
    Ok(())
}

fn due_list(field: &FieldLedger, sizes: Sizes, say: &mut dyn FnMut(&Figure)) -> Outcome {
    let mut spans = Vec::new();
    let mut households = 0;
    for _ in 0..sizes.rounds {
        let (due, span) = timed(|| field.due(None));
        households = due?.households.len();
        spans.push(ms(span));
    }
    say(&Figure::new("ffi", "due_ms_rust", median(&spans), "ms").with("households", households).with("rounds", spans.len()));
    Ok(())
}

/// Python with the module, where that was built.
fn python() -> Option<Command> {
    let mut call = Command::new("python3");
    call.env("PYTHONPATH", std::env::var_os(MODULE)?).arg(concat!(env!("CARGO_MANIFEST_DIR"), "/ffi.py"));
    Some(call)
}

/// Java with the classes, where those were built.
fn kotlin() -> Option<Command> {
    let mut call = Command::new("java");
    let library = format!("-Duniffi.component.daohu_ffi.libraryOverride={}", std::env::var(LIBRARY).ok()?);
    call.arg(library).arg("-cp").arg(std::env::var_os(CLASSES)?).arg("org.daohu.field.BorderKt");
    Some(call)
}

/// The same calls on the same store in another language: a program that takes store, key, clock and counts, and prints one line of JSON.
fn elsewhere(language: &str, mut call: Command, (store, now_ms, sizes): (&Path, i64, Sizes), say: &mut dyn FnMut(&Figure)) -> Outcome {
    let numbers = [now_ms.to_string(), sizes.calls.to_string(), sizes.rounds.to_string()];
    let ran = call.arg(store).arg(hex::encode(KEY)).args(numbers).output()?;
    if !ran.status.success() {
        return Err(format!("{language}: {}", String::from_utf8_lossy(&ran.stderr)).into());
    }
    let told: serde_json::Value = serde_json::from_slice(&ran.stdout)?;
    let number = |key: &str| told[key].as_f64().ok_or("a program told no figure");
    let mut calls = Figure::new("ffi", format!("calls_per_s_{language}"), number("calls_per_s")?, "calls/s").with("call", "conflicts");
    let mut due = Figure::new("ffi", format!("due_ms_{language}"), number("due_ms")?, "ms").with("households", told["households"].clone());
    if let (Ok(suspending), Ok(list)) = (number("suspending_calls_per_s"), number("suspending_due_ms")) {
        calls = calls.with_number("by_suspend_functions", suspending);
        due = due.with_number("by_suspend_functions", list);
    }
    say(&calls);
    say(&due);
    Ok(())
}
