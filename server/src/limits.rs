//! Every limit of the server core, each with its unit and its reason. The limits of the wire are `daohu_wire::limits`.

/// How long a write waits for another process that is writing, ms.
pub const BUSY_WAIT_MS: u64 = 10_000;

/// Free space below which it is time to make room, bytes: weeks of a township's work.
pub const DISK_LOW_BYTES: u64 = 2 * 1024 * 1024 * 1024;

/// Free space below which no push is taken in, bytes: what is left is for the office itself, for a checkpoint and for a person who makes room.
pub const DISK_FLOOR_BYTES: u64 = 256 * 1024 * 1024;

/// How often a plan is made anew because another transaction came first; then the answer is `busy`.
pub const PLAN_TRIES_MAX: usize = 16;

/// Connections kept open between two uses; more are opened when more threads ask.
pub const IDLE_CONNECTIONS_MAX: usize = 8;

/// Items in one batch of the server's own device: the wire's own bound.
pub const OWN_BATCH_ITEMS_MAX: usize = 1_000;

/// Bytes of items in one batch of the server's own device: below the wire's 1 MB with room for framing.
pub const OWN_BATCH_BYTES_MAX: usize = 900_000;

/// Wrong rests of a device code before it is locked.
pub const CODE_TRIES_MAX: u32 = 5;

/// How long a device code stays locked, ms.
pub const CODE_LOCK_MS: i64 = 15 * 60_000;

/// Unknown code names that one address may try within `CODE_LOCK_MS`.
pub const UNKNOWN_CODES_MAX: u32 = 20;

/// Longest life of a device code, ms: a day, so that a printed code is not a standing door.
pub const CODE_TTL_MAX_MS: i64 = 24 * 3_600_000;

/// How long a grant that ended still accepts what the device had not sent, ms (thirty days).
pub const INBOX_MS: i64 = 30 * 86_400_000;

/// How old the last contact of a device may get before a sync writes it again, ms: a sync with nothing new should write nothing.
pub const CONTACT_MS: i64 = 60_000;

/// Syncs that one device may start at once, and how many it gets back per second.
pub const SYNC_BURST: u32 = 600;
/// See [`SYNC_BURST`].
pub const SYNC_PER_SECOND: u32 = 10;

/// Rows of one page that the office asks for without saying how many, and the most it may ask for.
pub const PAGE_DEFAULT: usize = 50;
/// See [`PAGE_DEFAULT`].
pub const PAGE_MAX: usize = 500;

/// Log rows that one pull reads before it looks at the bytes it gathered.
pub const PULL_ROWS_MAX: usize = 2_000;

/// Bytes of records that one answer carries at most, whatever the device asks for.
pub const PULL_BYTES_MAX: u32 = 1_000_000;

/// Changes in the log of a place before its first pulls get a pack: fewer come by rows in two or three answers.
pub const PACK_CHANGES_MIN: u64 = 500;

/// A pack is made anew once what came behind it is more than one part in so many of it (20 %).
pub const PACK_TAIL_SHARE: u64 = 5;

/// A day, ms: how long an upload waits for its next byte, a file for the record that was announced, and a finished upload to be asked after.
pub const DAY_MS: i64 = 86_400_000;

/// How long the token of an upload is good, ms (twelve hours): a working day without asking for another.
pub const BLOB_TOKEN_MS: i64 = 12 * 3_600_000;

/// Uploads that one device may begin within a day, those of files that are there already too: a row each.
pub const UPLOADS_DAY_MAX: u32 = 10_000;

/// Bytes of an upload that are gathered before they are flushed: what a cut connection or a killed server can cost at most.
pub const UPLOAD_FLUSH_BYTES: usize = 1024 * 1024;

/// How long the sender of an upload may say nothing, s: longer than a phone needs to change its cell.
pub const UPLOAD_SILENCE_S: u64 = 60;

/// Files up to so many bytes are compared with their hash before they are given out; bigger ones are streamed.
pub const BLOB_CHECKED_BYTES_MAX: u64 = 1024 * 1024;
