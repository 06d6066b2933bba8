import Foundation

/// The ledger of one user on one device, for `async` code. Keep one for each store and process; its file is free once it is let go.
///
/// Calls block queues of their own, never the main thread. Reading has another queue than writing, so that it answers while a sync is under way.
/// Nobody's cancellation ends the call of somebody else: what is saved goes to its end, and a sync is cancelled between two of its steps.
public actor Field {
    /// The ledger itself, for what has no method here. Do not call its `listen`: `changes` rests on that.
    public nonisolated let ledger: FieldLedger

    private let writing = DispatchQueue(label: "org.daohu.field.writing", qos: .userInitiated)
    private let reading = DispatchQueue(label: "org.daohu.field.reading", qos: .userInitiated)
    private nonisolated let changed = Hub<Void>(first: Void())
    private nonisolated let standing = Hub<SyncState>(first: .idle(nil))
    private var isSyncing = false
    private var waiting: [AsyncStream<Void>.Continuation] = []

    /// Opens a ledger, or makes an empty one, with the 32 bytes that `key` gives, out of the Keychain.
    ///
    /// - Parameter clock: the clock of the device, `AppleClock()`: without one the core could not tell one boot from another here
    public init(path: String, clock: HostClock, key: () throws -> Data) throws {
        ledger = try FieldLedger.open(path: path, key: key(), clock: clock)
        ledger.listen(listener: Ear(changed: changed))
    }

    /// Reads beside whatever is being written.
    public func read<T: Sendable>(_ work: @escaping @Sendable (FieldLedger) throws -> T) async throws -> T {
        try Task.checkCancellation()
        return try await run(on: reading, work)
    }

    /// Writes. It goes to its end even where its task is cancelled: what a person handed in is saved although she left the screen.
    public func write<T: Sendable>(_ work: @escaping @Sendable (FieldLedger) throws -> T) async throws -> T {
        try await run(on: writing, work)
    }

    /// Enrols this device with the code that the office gave.
    @discardableResult
    public func enrol(server: String, code: String, label: String, transport: Transport) async throws -> EnrolReport {
        try await turn()
        defer { passOn() }
        let options = EnrolOptions(server: server, code: code, label: label)
        let conversation = try await write { try $0.beginEnrol(options: options) }
        while let request = try await write({ _ in try conversation.nextRequest() }) {
            guard let answer = try await exchange(request, over: transport) else { throw refusal("offline") }
            try await write { _ in try conversation.onResponse(response: answer) }
        }
        let report: EnrolReport? = try await write { _ in try conversation.finish() }
        guard let enrolled = report else { throw refusal("not_enrolled") }
        return enrolled
    }

    /// Sends what is unsent and brings what is new; a second sync waits for the first. Where its task is cancelled, the exchange is broken off
    /// and `CancellationError` is thrown; the next sync goes on where this one was. A save need not wait for an exchange.
    @discardableResult
    public func sync(options: SyncOptions = SyncOptions(), transport: Transport) async throws -> SyncReport? {
        try await turn()
        defer { passOn() }
        do {
            let report = try await carry(options, over: transport)
            standing.tell(.idle(report))
            return report
        } catch {
            standing.tell(.failed(error))
            throw error
        }
    }

    /// The due households of a month, this month by default.
    public func due(month: String? = nil) async throws -> DueView {
        try await read { try $0.due(month: month) }
    }

    /// A value each time something changed, beginning with one at once: read again what is shown. Any number of screens may listen.
    public nonisolated func changes() -> AsyncStream<Void> {
        changed.stream()
    }

    /// How the sync stands, now and whenever it came further. Any number of screens may listen.
    public nonisolated func syncStates() -> AsyncStream<SyncState> {
        standing.stream()
    }

    private func carry(_ options: SyncOptions, over transport: Transport) async throws -> SyncReport? {
        var progress = SyncProgress(exchanges: 0, bytesUp: 0, bytesDown: 0)
        standing.tell(.running(progress))
        let conversation = try await write { try $0.beginSync(options: options) }
        while let request = try await write({ _ in try conversation.nextRequest() }) {
            guard let answer = try await exchange(request, over: transport) else {
                try await write { _ in try conversation.onFailure() }
                continue
            }
            try await write { _ in try conversation.onResponse(response: answer) }
            progress.exchanges += 1
            progress.bytesUp += UInt64(request.body.count)
            progress.bytesDown += UInt64(answer.body.count)
            standing.tell(.running(progress))
        }
        return try await write { _ in conversation.finish() }
    }

    /// What came back; none where no whole answer did. It throws where the task is cancelled.
    private func exchange(_ request: HttpRequest, over transport: Transport) async throws -> HttpResponse? {
        try Task.checkCancellation()
        do {
            return try await transport.exchange(request)
        } catch {
            try Task.checkCancellation()
            return nil
        }
    }

    /// Waits until no sync is under way; whoever is cancelled meanwhile waits no longer.
    private func turn() async throws {
        while isSyncing {
            let passed = AsyncStream.makeStream(of: Void.self)
            waiting.append(passed.continuation)
            for await _ in passed.stream {}
            try Task.checkCancellation()
        }
        isSyncing = true
    }

    private func passOn() {
        isSyncing = false
        for continuation in waiting {
            continuation.finish()
        }
        waiting = []
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

/// How the sync of a `Field` stands.
public enum SyncState: Sendable {
    /// None is under way; what the last one of this process did.
    case idle(SyncReport?)
    /// One is under way, so far.
    case running(SyncProgress)
    /// The last one broke, or was cancelled; what was saved waits for the next.
    case failed(Error)
}

/// The refusal with this code, in the core's words.
private func refusal(_ code: String) -> LedgerError {
    let text = errorTexts().first { said in said.code == code }
    return LedgerError.Refused(code: code, zh: text?.zh ?? code, en: text?.en ?? code, detail: "{}")
}
