import Foundation
import XCTest
@testable import DaohuField

/// Against a real office: DAOHU_URL is where `daohu serve` listens, DAOHU_CODES two codes of the helper and the second helper of the
/// household DAOHU_HOUSEHOLD. `bindings/python/tests` sets up the same office.
final class ScenarioTests: XCTestCase {
    private var folder = URL(fileURLWithPath: NSTemporaryDirectory())

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

    private func phone(_ n: Int) async throws -> Field {
        let codes = try setting("DAOHU_CODES").split(separator: ",").map(String.init)
        let path = folder.appendingPathComponent("\(n).db").path
        let field = try Field(path: path) { Data((0..<32).map { UInt8($0 + n) }) }
        try await field.enrol(server: setting("DAOHU_URL"), code: codes[n], label: "phone \(n)")
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
            try await field.sync()
        }
        let shown = try await first.read { try $0.household(household: household) }
        let other = try await second.read { try $0.household(household: household) }
        XCTAssertEqual(shown.digest, other.digest)
        let conflicts = try await first.read { try $0.conflicts() }
        XCTAssertEqual(conflicts.first { $0.field == "contact_note" }?.values.count, 2)
        let receipts = try await first.read { try $0.receipts() }
        XCTAssertFalse(receipts.isEmpty)
    }

    func testARefusalHasACodeAndTwoSentences() async throws {
        let field = try Field(path: folder.appendingPathComponent("empty.db").path) { Data(count: 32) }
        do {
            _ = try await field.read { try $0.household(household: "none") }
            XCTFail("it was found")
        } catch let LedgerError.Refused(code, zh, en, _) {
            XCTAssertEqual(code, "not_found")
            XCTAssertFalse(zh.isEmpty || en.isEmpty)
        }
    }
}
