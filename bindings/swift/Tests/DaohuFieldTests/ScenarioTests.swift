import Foundation
import XCTest
@testable import DaohuField

/// Against a real office: DAOHU_URL is where `daohu serve` listens, at the time of `SetClock`, DAOHU_CODES two codes of the helper and the second
/// helper of the household DAOHU_HOUSEHOLD. README.md tells how to set it up.
final class ScenarioTests: XCTestCase {
    private var folder = FileManager.default.temporaryDirectory

    override func setUpWithError() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    override func tearDownWithError() throws {
        try FileManager.default.removeItem(at: folder)
    }

    private func setting(_ name: String) throws -> String {
        try XCTUnwrap(ProcessInfo.processInfo.environment[name], "\(name) is not set")
    }

    private func opened(_ n: Int) throws -> Field {
        try Field(path: folder.appendingPathComponent("\(n).db").path, clock: SetClock()) { Data(repeating: UInt8(n), count: 32) }
    }

    private func phone(_ n: Int) async throws -> Field {
        let codes = try setting("DAOHU_CODES").split(separator: ",").map(String.init)
        let field = try opened(n)
        let transport = UrlSessionTransport()
        try await field.enrol(server: setting("DAOHU_URL"), code: codes[n], label: "phone \(n)", transport: transport)
        try await field.sync(transport: transport)
        return field
    }

    func testWhatTwoWriteOfflineArrivesOnceAndBothValuesAreShown() async throws {
        let household = try setting("DAOHU_HOUSEHOLD")
        let first = try await phone(0), second = try await phone(1)
        for (field, note) in [(first, "上午打电话"), (second, "只接村委会电话")] {
            let entry = VisitEntry(mode: "home", purposes: ["verify"], met: [MetPerson(name: "户主", relation: "本人")], narrative: note)
            let answer = try await field.write { try $0.newVisit(household: household, entry: entry, until: .submit) }
            XCTAssertEqual(answer.visit.state, "submitted")
            _ = try await field.write { try $0.edit(record: answer.visit.household, fields: [FieldText(field: "contact_note", text: note)]) }
        }
        for field in [first, second, first] {
            try await field.sync(transport: UrlSessionTransport())
        }
        let shown = try await first.read { try $0.household(household: household) }
        let other = try await second.read { try $0.household(household: household) }
        XCTAssertEqual(shown.digest, other.digest)
        let conflicts = try await first.read { try $0.conflicts() }
        XCTAssertEqual(conflicts.first { shown in shown.field == "contact_note" }?.values.count, 2)
        let receipts = try await first.read { try $0.receipts() }
        XCTAssertFalse(receipts.isEmpty)

        // A link that never answers: a save does not wait for the sync, and the sync ends when its task is cancelled.
        let silent = SilentTransport()
        let sync = Task { try await first.sync(transport: silent) }
        for await _ in silent.begun.stream {}
        _ = try await first.write { try $0.startVisit(household: household) }
        sync.cancel()
        do {
            _ = try await sync.value
            XCTFail("it came to its end")
        } catch is CancellationError {}
    }

    func testARefusalHasACodeAndTwoSentences() async throws {
        let field = try opened(0)
        do {
            _ = try await field.read { try $0.household(household: "none") }
            XCTFail("it was found")
        } catch let LedgerError.Refused(code, zh, en, _) {
            XCTAssertEqual(code, "not_found")
            XCTAssertFalse(zh.isEmpty || en.isEmpty)
        }
    }

    func testASecondScreenHearsBesideTheFirst() async throws {
        let field = try opened(0)
        var first = field.changes().makeAsyncIterator(), second = field.changes().makeAsyncIterator()
        for _ in 0..<2 {
            let one: Void? = await first.next(), other: Void? = await second.next()
            XCTAssertNotNil(one)
            XCTAssertNotNil(other)
            _ = try await field.write { try $0.limitBytes(bytesMax: nil) }
        }
    }

    func testTheClockNamesTheSameBootAgainAndRunsForward() {
        let clock = AppleClock()
        let before = clock.monoMs()
        XCTAssertEqual(clock.boot(), AppleClock().boot())
        XCTAssertGreaterThanOrEqual(clock.monoMs(), before)
        XCTAssertFalse(clock.isSet())
    }
}

/// 2019-05-13T09:00:00+08:00, set by a person.
private final class SetClock: HostClock, Sendable {
    func wallMs() -> Int64 { 1_557_709_200_000 }
    func monoMs() -> Int64 { 1_557_709_200_000 }
    func boot() -> String { "set" }
    func isSet() -> Bool { true }
}

/// Never answers, and says when it was asked.
private final class SilentTransport: Transport {
    let begun = AsyncStream.makeStream(of: Void.self)
    private let answered = AsyncStream.makeStream(of: Void.self)

    func exchange(_ request: HttpRequest) async throws -> HttpResponse {
        begun.continuation.finish()
        for await _ in answered.stream {}
        throw TransportError.Broken
    }
}
