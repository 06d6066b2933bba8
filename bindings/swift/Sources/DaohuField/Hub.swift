import Foundation

/// Tells one thing to any number of listeners. Each hears the latest at once; who was busy hears the latest only.
final class Hub<Value: Sendable>: @unchecked Sendable {
    private let lock = NSLock()
    private var latest: Value
    private var listeners: [UUID: AsyncStream<Value>.Continuation] = [:]

    init(first: Value) {
        latest = first
    }

    func stream() -> AsyncStream<Value> {
        AsyncStream(bufferingPolicy: .bufferingNewest(1)) { continuation in
            let name = UUID()
            continuation.onTermination = { [weak self] _ in self?.drop(name) }
            lock.lock()
            defer { lock.unlock() }
            listeners[name] = continuation
            continuation.yield(latest)
        }
    }

    func tell(_ value: Value) {
        lock.lock()
        defer { lock.unlock() }
        latest = value
        for continuation in listeners.values {
            continuation.yield(value)
        }
    }

    private func drop(_ name: UUID) {
        lock.lock()
        defer { lock.unlock() }
        listeners[name] = nil
    }
}

/// The one listener of a ledger: passes on that something changed. It knows the hub only, since the core keeps it.
final class Ear: LedgerListener, @unchecked Sendable {
    private let changed: Hub<Void>

    init(changed: Hub<Void>) {
        self.changed = changed
    }

    func onChanged() {
        changed.tell(Void())
    }

    /// `Field` carries the sync itself and knows how far it is.
    func onSync(progress: SyncProgress) {}
}
