//! Rows of users, devices, codes, sessions and grants, and the changes that can be made to them.

use daohu_domain::calendar::{Day, Instant};
use daohu_domain::id::Id;
use daohu_domain::place::Place;

/// Which accounts to return.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccountQuery {
    /// All of them.
    All,
    /// One by its id.
    Id(Id),
    /// One by its login.
    Login(String),
    /// Those of one cadre.
    Cadre(Id),
}

/// A user as the store keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountRow {
    /// The user's id.
    pub id: Id,
    /// What the user types.
    pub login: String,
    /// The cadre record of the user.
    pub cadre: Option<Id>,
    /// PHC string of argon2id.
    pub password: String,
    /// Secret of the second factor, encrypted under the master key.
    pub totp: Option<Vec<u8>>,
    /// The last step of the second factor that was accepted.
    pub totp_step: u64,
    /// Whether the user may no longer sign in nor pull.
    pub disabled: bool,
    /// When the account was closed; none where an older program closed it.
    pub disabled_at: Option<Instant>,
    /// The revision of the user's grants: higher than every one given before to anybody, and than the clock.
    pub grants_rev: u64,
    /// Roles given, those taken away too.
    pub roles: Vec<RoleRow>,
}

impl AccountRow {
    /// Returns the person named as creator of what this user writes: the cadre, else the user.
    #[must_use]
    pub fn person(&self) -> Id {
        self.cadre.unwrap_or(self.id)
    }
}

/// A role of a user for a span of days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleRow {
    /// Slug of the role.
    pub role: String,
    /// Where it holds.
    pub place: Option<Place>,
    /// The unit of a unit's role.
    pub unit: Option<Id>,
    /// First day; from ever when absent.
    pub from: Option<Day>,
    /// First day on which it no longer holds.
    pub to: Option<Day>,
    /// When the office took it away.
    pub ended_at: Option<Instant>,
}

/// Which devices to return.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeviceQuery {
    /// All of them, the server's own too.
    All,
    /// One by its id.
    Id(Id),
    /// Those of one user.
    Account(Id),
    /// The server's own.
    Own,
}

/// A device as the store keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceRow {
    /// The device's id: the actor of its changes.
    pub id: Id,
    /// Its user; none for the server's own.
    pub account: Option<Id>,
    /// Ed25519 public key.
    pub public_key: [u8; 32],
    /// What the user called it.
    pub label: String,
    /// When it enrolled.
    pub enrolled_at: Instant,
    /// When it last spoke to the server (to the minute).
    pub last_contact_at: Instant,
    /// Its highest accepted batch; 0 before the first.
    pub last_batch: u64,
    /// The body hash of that batch; zeros before the first.
    pub last_hash: [u8; 32],
    /// The highest counter of a signed request (as of the last contact that was noted).
    pub last_counter: u64,
    /// When it was revoked.
    pub revoked_at: Option<Instant>,
    /// `left` or `lost`.
    pub reason: Option<String>,
    /// Its store key, sealed to the server.
    pub store_key: Option<Vec<u8>>,
}

/// A one-time code as the store keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeRow {
    /// The first four characters.
    pub name: String,
    /// Salt of the hash.
    pub salt: [u8; 16],
    /// SHA-256 of salt and the other characters.
    pub rest_hash: [u8; 32],
    /// The user it enrols a device for.
    pub account: Id,
    /// When it was made.
    pub made_at: Instant,
    /// When it ends.
    pub expires_at: Instant,
    /// When it was used.
    pub used_at: Option<Instant>,
    /// The device that used it.
    pub device: Option<Id>,
}

/// A signed-in browser.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionRow {
    /// SHA-256 of the token.
    pub token_hash: [u8; 32],
    /// Whose it is.
    pub account: Id,
    /// When it began.
    pub began_at: Instant,
    /// When it was last used (to the minute).
    pub used_at: Instant,
}

/// How often somebody was wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TriesRow {
    /// Wrong tries since the count began.
    pub tries: u32,
    /// When the count began.
    pub first_at: Instant,
    /// Until when no try is looked at.
    pub locked_until: Instant,
}

impl TriesRow {
    /// Returns what to keep after one wrong try more: counts begin anew after a while, and the last one that is let pass locks.
    #[must_use]
    pub fn after_wrong(self, at: Instant, tries_max: u32, lock_ms: i64) -> Self {
        let fresh = at.0 - self.first_at.0 > lock_ms || self.tries == 0;
        let (tries, first_at) = if fresh { (1, at) } else { (self.tries.saturating_add(1), self.first_at) };
        if tries >= tries_max {
            Self { tries: 0, first_at: at, locked_until: Instant(at.0 + lock_ms) }
        } else {
            Self { tries, first_at, ..self }
        }
    }

    /// Returns whether no try is looked at now. A clock that was set back must not lock for years.
    #[must_use]
    pub fn is_locked(self, now: Instant, lock_ms: i64) -> bool {
        let left_ms = self.locked_until.0 - now.0;
        left_ms > 0 && left_ms <= lock_ms
    }
}

/// A grant as it should be.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WantedGrant {
    /// The place whose log it opens.
    pub place: Place,
    /// Only this household of it.
    pub household: Option<Id>,
    /// Only what everybody may see of it.
    pub reference: bool,
    /// Slug of the role it comes from.
    pub role: Option<String>,
    /// When it ended; it is kept as ended from the start where a device never saw it.
    pub ended_at: Option<Instant>,
}

/// A grant with its number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantRow {
    /// The number that cursors name.
    pub id: u64,
    /// What it opens.
    pub grant: WantedGrant,
    /// The place's head when it ended.
    pub end_seq: Option<u64>,
}

/// A row of the audit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRow {
    /// When.
    pub at: Instant,
    /// Who; none for the command line.
    pub person: Option<Id>,
    /// What was done: a slug.
    pub action: &'static str,
    /// To which record.
    pub record: Option<Id>,
    /// To which field of it.
    pub field: Option<String>,
    /// Why, in the person's words.
    pub reason: String,
}

/// One atomic change of users, devices, codes or sessions.
#[derive(Debug, Clone)]
pub enum AccountChange {
    /// Adds a user with its roles.
    Add(AccountRow, Instant),
    /// Gives a user a role.
    Grant(Id, RoleRow),
    /// Ends every given role of this name and place.
    Ungrant {
        /// Whose.
        account: Id,
        /// Slug of the role.
        role: String,
        /// Where; none ends it everywhere.
        place: Option<Place>,
        /// From which day on; none: at once.
        to: Option<Day>,
        /// When the office did it.
        at: Instant,
    },
    /// Closes an account and ends its sessions; one that is closed keeps the instant at which it was.
    Disable(Id, Instant),
    /// Sets the password's hash and ends the sessions.
    Password(Id, String),
    /// Sets the second factor's secret (encrypted) and its last step.
    Totp(Id, Option<Vec<u8>>, u64),
    /// Adds a one-time code; a used or ended one of the same name gives way.
    Code(CodeRow),
    /// Keeps a count of wrong tries.
    Tries(String, TriesRow),
    /// Counts one wrong try more, and locks when there are too many.
    Wrong {
        /// Whose.
        key: String,
        /// When.
        at: Instant,
        /// How many are let pass.
        tries_max: u32,
        /// For how long it then locks, and how long a count lives, ms.
        lock_ms: i64,
    },
    /// Adds a device and marks the code as used, unless it was used before.
    Enrol(Box<DeviceRow>, String),
    /// Revokes a device.
    Revoke {
        /// Which.
        device: Id,
        /// `left` or `lost`.
        reason: String,
        /// When.
        at: Instant,
    },
    /// Notes when a device spoke and the counter it signed.
    Contact {
        /// Which.
        device: Id,
        /// When.
        at: Instant,
        /// The counter of its request.
        counter: u64,
    },
    /// Adds a session or notes its use.
    Session(SessionRow),
    /// Ends a session.
    EndSession([u8; 32]),
}
