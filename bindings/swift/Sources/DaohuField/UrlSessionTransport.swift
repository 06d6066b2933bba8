import Foundation
import Security

/// Carries requests for a `Field`.
public protocol Transport: Sendable {
    /// Carries a request and brings back its answer, whatever its status. It follows no redirect, since a captive portal redirects, and repeats
    /// nothing by itself. It throws where no whole answer came, and at once where its task is cancelled.
    func exchange(_ request: HttpRequest) async throws -> HttpResponse
}

/// Carries requests with URLSession. Make one and keep it: its connections are used again.
public final class UrlSessionTransport: Transport {
    private static let silenceSeconds: TimeInterval = 300
    private static let exchangeSeconds: TimeInterval = 3600
    private static let bodyBytesMax = 8 * 1024 * 1024

    private let session: URLSession

    /// - Parameter authority: the office's own certificate authority; nobody else is trusted then
    public init(authority: SecCertificate? = nil) {
        let configuration = URLSessionConfiguration.ephemeral
        configuration.timeoutIntervalForRequest = Self.silenceSeconds
        configuration.timeoutIntervalForResource = Self.exchangeSeconds
        configuration.waitsForConnectivity = false
        session = URLSession(configuration: configuration, delegate: Gate(authority: authority), delegateQueue: nil)
    }

    deinit {
        // A session lives, and its delegate with it, until it is told that nothing more comes.
        session.finishTasksAndInvalidate()
    }

    public func exchange(_ request: HttpRequest) async throws -> HttpResponse {
        guard let url = URL(string: request.server + request.path) else { throw TransportError.Broken }
        var carried = URLRequest(url: url)
        carried.httpMethod = request.method
        // The bytes are wanted as they were sent.
        carried.setValue("identity", forHTTPHeaderField: "accept-encoding")
        for header in request.headers {
            carried.setValue(header.value, forHTTPHeaderField: header.name)
        }
        if request.method != "GET" {
            carried.httpBody = request.body
        }
        let (bytes, answer) = try await session.bytes(for: carried)
        // However this is left, nothing more is fetched.
        defer { bytes.task.cancel() }
        guard let answered = answer as? HTTPURLResponse, let status = UInt16(exactly: answered.statusCode) else { throw TransportError.Broken }
        guard answered.expectedContentLength <= Self.bodyBytesMax else { throw TransportError.Broken }
        var body = Data()
        for try await byte in bytes {
            guard body.count < Self.bodyBytesMax else { throw TransportError.Broken }
            body.append(byte)
        }
        return HttpResponse(status: status, body: body)
    }
}

/// Lets no redirect through, and where the office has an authority of its own, no server that this one did not vouch for.
private final class Gate: NSObject, URLSessionTaskDelegate, @unchecked Sendable {
    private let authority: SecCertificate?

    init(authority: SecCertificate?) {
        self.authority = authority
    }

    func urlSession(
        _ session: URLSession,
        task: URLSessionTask,
        willPerformHTTPRedirection response: HTTPURLResponse,
        newRequest request: URLRequest,
        completionHandler: @escaping (URLRequest?) -> Void
    ) {
        completionHandler(nil)
    }

    func urlSession(
        _ session: URLSession,
        didReceive challenge: URLAuthenticationChallenge,
        completionHandler: @escaping (URLSession.AuthChallengeDisposition, URLCredential?) -> Void
    ) {
        guard let authority = authority, let trust = challenge.protectionSpace.serverTrust else {
            completionHandler(.performDefaultHandling, nil)
            return
        }
        SecTrustSetAnchorCertificates(trust, [authority] as CFArray)
        SecTrustSetAnchorCertificatesOnly(trust, true)
        if SecTrustEvaluateWithError(trust, nil) {
            completionHandler(.useCredential, URLCredential(trust: trust))
        } else {
            completionHandler(.cancelAuthenticationChallenge, nil)
        }
    }
}
