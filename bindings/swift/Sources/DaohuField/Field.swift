import Foundation

/// A ledger that an app may await. Calls run one after another on a queue of their own, never on the main thread; reads have another
/// queue, so that they answer while a sync is applied.
public actor Field {
    /// The ledger itself, for what has no method here.
    public nonisolated let ledger: FieldLedger

    private let writing = DispatchQueue(label: "org.daohu.field.writing", qos: .userInitiated)
    private let reading = DispatchQueue(label: "org.daohu.field.reading", qos: .userInitiated)

    /// Opens a ledger with the key that `key` gives, out of the Keychain.
    public init(path: String, clock: HostClock? = nil, key: () throws -> Data) throws {
        ledger = try FieldLedger.open(path: path, key: key(), clock: clock)
    }

    /// Reads beside whatever is being written.
    public func read<T: Sendable>(_ work: @escaping @Sendable (FieldLedger) throws -> T) async throws -> T {
        try await run(on: reading, work)
    }

    /// Writes. Where the task is cancelled the call is interrupted, and nothing is half done.
    public func write<T: Sendable>(_ work: @escaping @Sendable (FieldLedger) throws -> T) async throws -> T {
        let ledger = self.ledger
        return try await withTaskCancellationHandler {
            try await run(on: writing, work)
        } onCancel: {
            ledger.interrupt()
        }
    }

    /// Enrols this device with the code that the office gave, and fetches what it may see.
    public func enrol(server: String, code: String, label: String, transport: HostTransport = UrlSessionTransport()) async throws {
        let options = EnrolOptions(server: server, code: code, label: label)
        _ = try await write { try $0.enrol(options: options, transport: transport) }
        _ = try await sync(transport: transport)
    }

    /// Sends what is unsent and brings what is new.
    @discardableResult
    public func sync(options: SyncOptions = SyncOptions(), transport: HostTransport = UrlSessionTransport()) async throws -> SyncReport? {
        try await write { try $0.sync(options: options, transport: transport) }
    }

    /// The due households of a month, this month by default.
    public func due(month: String? = nil) async throws -> DueView {
        try await read { try $0.due(month: month) }
    }

    /// A value each time something changed, beginning with one at once: read again what is shown.
    public nonisolated func changes() -> AsyncStream<Void> {
        AsyncStream { continuation in
            let ear = Ear { continuation.yield() }
            ledger.listen(listener: ear)
            continuation.yield()
            continuation.onTermination = { [ledger] _ in ledger.listen(listener: nil) }
        }
    }

    private func run<T: Sendable>(on queue: DispatchQueue, _ work: @escaping @Sendable (FieldLedger) throws -> T) async throws -> T {
        let ledger = self.ledger
        return try await withCheckedThrowingContinuation { continuation in
            queue.async {
                continuation.resume(with: Result { try work(ledger) })
            }
        }
    }
}

/// Passes on that something changed.
private final class Ear: LedgerListener, @unchecked Sendable {
    private let changed: @Sendable () -> Void

    init(changed: @escaping @Sendable () -> Void) {
        self.changed = changed
    }

    func onChanged() {
        changed()
    }

    func onSync(progress: SyncProgress) {}
}
