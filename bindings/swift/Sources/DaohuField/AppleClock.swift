import Foundation

/// The clock of an iPhone, iPad or Mac. The time of a visit is proved by the clock that runs on through sleep, within one boot.
public final class AppleClock: HostClock, Sendable {
    public init() {}

    public func wallMs() -> Int64 {
        Int64(Date().timeIntervalSince1970 * 1000)
    }

    /// Counts sleep and is moved by nobody; `CLOCK_UPTIME_RAW` would stand still in sleep.
    public func monoMs() -> Int64 {
        Int64(clock_gettime_nsec_np(CLOCK_MONOTONIC_RAW) / 1_000_000)
    }

    public func boot() -> String {
        Self.bootName
    }

    /// True would mark the store for ever: for tests.
    public func isSet() -> Bool {
        false
    }

    /// Asked once a process. Where the system does not tell, this process counts as a boot of its own: nothing is concluded beyond it.
    private static let bootName: String = {
        var size = 0
        guard sysctlbyname("kern.bootsessionuuid", nil, &size, nil, 0) == 0, size > 1 else { return UUID().uuidString }
        var name = Array<CChar>(repeating: 0, count: size)
        guard sysctlbyname("kern.bootsessionuuid", &name, &size, nil, 0) == 0 else { return UUID().uuidString }
        return String(cString: name)
    }()
}
