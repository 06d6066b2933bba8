//! What a run met: each fault and each state by name. One that no seed meets is a hole in the simulator.

use std::{collections::BTreeMap, fmt};

macro_rules! named {
    ($(#[$about:meta])* $name:ident { $($(#[$say:meta])* $one:ident => $text:literal,)* }) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub(crate) enum $name { $($(#[$say])* $one,)* }

        impl $name {
            pub(crate) const ALL: &[Self] = &[$(Self::$one,)*];

            pub(crate) const fn text(self) -> &'static str {
                match self { $(Self::$one => $text,)* }
            }
        }
    };
}

named! {
    /// What went wrong.
    Fault {
        RequestLost => "request lost",
        ResponseLost => "response lost",
        RequestTwice => "request delivered twice",
        OldRequest => "old request delivered later",
        OldAnswer => "answer to an older question",
        CutAnswer => "answer cut, seen by the host",
        CutBody => "answer cut, status 200",
        SlowLink => "slow link",
        Portal => "captive portal, 200 and HTML",
        Status500 => "status 500",
        Status413 => "status 413",
        Status429 => "status 429",
        ServerFull => "status 507, the server's disk is full",
        ForgedReceipt => "forged receipts under a true head",
        PhoneCrashInCall => "phone dies in a call",
        PhoneCrashAfterCall => "phone dies after a call",
        PhoneTornCheckpoint => "phone dies in a checkpoint",
        PhoneFull => "phone's disk is full",
        PhoneOldBackup => "phone restored from an older backup",
        PhoneCloned => "phone cloned",
        ServerCrashInCall => "server dies in a call",
        ServerCrashBeforeReply => "server dies before its reply",
        ServerTornCheckpoint => "server dies in a checkpoint",
        ServerOldBackup => "server restored from an older backup",
        ClockSkew => "phone's clock set wrong",
        ClockJump => "phone's clock leaps by days",
        TimeZone => "phone set to another time zone",
        Reboot => "phone restarted",
        DaysPass => "days pass",
        ServerClockBack => "server's clock steps back",
        GrantTaken => "pairing ended",
        GrantGiven => "pairing given",
        RoleGiven => "village role given",
        RoleTaken => "village role taken",
        HostileItem => "hostile item",
        FileLost => "batch file lost",
        FileTwice => "batch file arrives twice",
        FileCut => "batch file cut",
        FileOfBefore => "batch file of a phone that enrolled anew since",
        CarriedAfterSent => "batch carried that went by network before",
        SentAfterCarried => "batch sent that was carried before",
        ServerCrashInImport => "server dies while it takes a file in",
        ReceiptLost => "carried receipt lost",
        ReceiptTwice => "carried receipt comes twice",
        ReceiptAstray => "carried receipt comes to another phone",
        PackCut => "pack cut in the middle",
    }
}

named! {
    /// What was reached.
    State {
        VisitSubmitted => "visit handed in",
        DraftKept => "draft kept",
        Backfilled => "visit backfilled",
        Withdrawn => "visit withdrawn",
        Corrected => "visit corrected",
        Voided => "visit voided",
        Explained => "visit explained",
        Resubmitted => "visit handed in again",
        Reviewed => "review made",
        MonthWritten => "month record written",
        MonthSubmitted => "month record handed in",
        Edited => "field edited",
        Conflict => "two people disagree",
        Resolved => "conflict resolved",
        RefusedOnPhone => "item refused, shown on its phone",
        RefusedOnServer => "item waits on the server",
        Released => "item let in by the office",
        Closed => "phone closed",
        EnrolledAnew => "phone enrolled anew",
        RestoredSeen => "phone noticed a restored server",
        Purged => "household purged from a phone",
        Backfill => "new grant filled in",
        FirstFigure => "first figure written",
        CoverageRead => "figures read",
        DiskFull => "refused with disk_full",
        LostInCrash => "call without an answer that left nothing",
        KeptInCrash => "call without an answer that was kept",
        CutBytes => "bytes cut from a log",
        OfficeLost => "a restored server lacks work of the office",
        Offline => "link given up",
        Exported => "batch file written",
        Carried => "batch taken in from a file",
        FileRefused => "something in a file refused",
        ReceiptTaken => "carried receipt settled work",
        ReceiptLate => "carried receipt of what was settled",
        Compared => "records compared one by one",
        RepairFound => "comparison brought what a phone lacked",
        OnlyHere => "comparison found what only a phone holds",
        PackRead => "pack read to its end",
        PackResumed => "cut pack gone on with",
    }
}

/// How often each was met, and in how many seeds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    faults: BTreeMap<Fault, (u64, u64)>,
    states: BTreeMap<State, (u64, u64)>,
    seeds: u64,
    steps: u64,
}

impl Tally {
    pub(crate) fn fault(&mut self, fault: Fault) {
        self.faults.entry(fault).or_insert((0, 1)).0 += 1;
    }

    pub(crate) fn state(&mut self, state: State) {
        self.states.entry(state).or_insert((0, 1)).0 += 1;
    }

    pub(crate) fn has(&self, state: State) -> bool {
        self.states.contains_key(&state)
    }

    pub(crate) fn end_of_seed(&mut self, steps: u64) {
        self.seeds = 1;
        self.steps = steps;
    }

    /// Adds what another seed met.
    pub fn add(&mut self, other: &Self) {
        for (fault, (times, seeds)) in &other.faults {
            let entry = self.faults.entry(*fault).or_default();
            *entry = (entry.0 + times, entry.1 + seeds);
        }
        for (state, (times, seeds)) in &other.states {
            let entry = self.states.entry(*state).or_default();
            *entry = (entry.0 + times, entry.1 + seeds);
        }
        self.seeds += other.seeds;
        self.steps += other.steps;
    }

    /// Returns the number of seeds.
    #[must_use]
    pub const fn seeds(&self) -> u64 {
        self.seeds
    }

    /// Names what no seed met.
    #[must_use]
    pub fn missing(&self) -> Vec<&'static str> {
        let faults = Fault::ALL.iter().filter(|fault| !self.faults.contains_key(fault)).map(|fault| fault.text());
        let states = State::ALL.iter().filter(|state| !self.states.contains_key(state)).map(|state| state.text());
        faults.chain(states).collect()
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} seeds, {} steps", self.seeds, self.steps)?;
        writeln!(f, "{:<46} {:>8} {:>7}", "faults", "times", "seeds")?;
        for fault in Fault::ALL {
            let (times, seeds) = self.faults.get(fault).copied().unwrap_or_default();
            writeln!(f, "  {:<44} {times:>8} {seeds:>7}", fault.text())?;
        }
        writeln!(f, "{:<46} {:>8} {:>7}", "states", "times", "seeds")?;
        for state in State::ALL {
            let (times, seeds) = self.states.get(state).copied().unwrap_or_default();
            writeln!(f, "  {:<44} {times:>8} {seeds:>7}", state.text())?;
        }
        Ok(())
    }
}
