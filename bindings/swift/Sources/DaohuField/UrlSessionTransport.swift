import Foundation

/// Carries requests with URLSession. It follows no redirect: whoever follows that of a captive portal ends on somebody else's page.
public final class UrlSessionTransport: NSObject, HostTransport, URLSessionTaskDelegate, @unchecked Sendable {
    private static let silenceSeconds: TimeInterval = 300
    private static let bodyBytesMax = 8 * 1024 * 1024

    private lazy var session: URLSession = {
        let configuration = URLSessionConfiguration.ephemeral
        configuration.timeoutIntervalForRequest = Self.silenceSeconds
        configuration.waitsForConnectivity = false
        return URLSession(configuration: configuration, delegate: self, delegateQueue: nil)
    }()

    public override init() {
        super.init()
    }

    /// Carries a request; blocks the calling thread, which is never the main one (`Field`).
    public func exchange(request: HttpRequest) throws -> HttpResponse {
        guard let url = URL(string: request.server + request.path) else { throw TransportError.Broken }
        var carried = URLRequest(url: url)
        carried.httpMethod = request.method
        for header in request.headers {
            carried.setValue(header.value, forHTTPHeaderField: header.name)
        }
        if request.method != "GET" {
            carried.httpBody = request.body
        }
        let done = DispatchSemaphore(value: 0)
        let answer = Answer()
        session.dataTask(with: carried) { body, response, _ in
            if let body, let response = response as? HTTPURLResponse, body.count <= Self.bodyBytesMax {
                answer.response = HttpResponse(status: UInt16(response.statusCode), body: body)
            }
            done.signal()
        }.resume()
        done.wait()
        guard let response = answer.response else { throw TransportError.Broken }
        return response
    }

    public func urlSession(
        _ session: URLSession,
        task: URLSessionTask,
        willPerformHTTPRedirection response: HTTPURLResponse,
        newRequest request: URLRequest,
        completionHandler: @escaping (URLRequest?) -> Void
    ) {
        completionHandler(nil)
    }
}

/// What came back, written once before it is read.
private final class Answer: @unchecked Sendable {
    var response: HttpResponse?
}
