import CCurl

/// One request on its way. Made by a task, then owned by the loop's thread, which alone touches what may change.
final class CurlTransfer: @unchecked Sendable {
  // Unchecked: after `start` every mutable property belongs to the loop's thread; the rest is immutable.

  /// Called once, on the loop's thread.
  enum Completion {
    case whole((Result<HTTPResponse, TransportError>) -> Void)
    case streamed(StreamBuffer, onHead: (Result<HTTPResponseHead, TransportError>) -> Void)
  }

  let request: HTTPRequest
  let host: CurlHost
  /// What names stand for, so that libcurl resolves none itself.
  let resolved: [CurlHost]
  private let completion: Completion

  var easy: UnsafeMutableRawPointer?
  var headerList: UnsafeMutablePointer<curl_slist>?
  var resolveList: UnsafeMutablePointer<curl_slist>?
  var connectToList: UnsafeMutablePointer<curl_slist>?
  /// Keeps the body where libcurl reads it until the transfer ends.
  var bodyStorage: UnsafeMutableBufferPointer<UInt8>?
  var errorText = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))

  private(set) var startedAt: Double = 0
  private var lastByteAt: Double = 0
  private var head: HTTPResponseHead?
  private var isHeadDelivered = false
  private var isFinished = false
  private var body: [UInt8] = []
  /// Why we stopped it ourselves.
  private(set) var stopReason: TransportError?

  init(_ request: HTTPRequest, host: CurlHost, resolved: [CurlHost], completion: Completion) {
    self.request = request
    self.host = host
    self.resolved = resolved
    self.completion = completion
    errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
  }

  deinit {
    errorText.deallocate()
    curl_slist_free_all(headerList)
    curl_slist_free_all(resolveList)
    curl_slist_free_all(connectToList)
    bodyStorage?.deallocate()
  }

  func begin(now: Double) {
    startedAt = now
    lastByteAt = now
  }

  // MARK: Arriving

  func take(header bytes: UnsafeRawBufferPointer) {
    let line = String(decoding: bytes, as: UTF8.self).trimmingSuffix { $0.isWhitespace || $0.isNewline }
    if line.hasPrefix("HTTP/") {
      let status = line.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
      head = HTTPResponseHead(status: status, headers: [])
    } else if line.isEmpty {
      deliverHead()
    } else if let colon = line.firstIndex(of: ":") {
      let value = line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
      head?.headers.append(HTTPHeader(String(line[..<colon]), String(value)))
    }
  }

  /// - Returns: whether to go on.
  func take(body bytes: UnsafeRawBufferPointer, now: Double) -> Bool {
    lastByteAt = now
    let fits: Bool
    switch completion {
    case .whole:
      fits = body.count + bytes.count <= request.maximumBodyBytes
      if fits { body += bytes }
    case .streamed(let buffer, _): fits = buffer.append(bytes)
    }
    if !fits { stopReason = .bodyTooLarge(limit: request.maximumBodyBytes) }
    return fits
  }

  private func deliverHead() {
    // 100 Continue and the like are followed by the real head.
    guard let head, head.status >= 200, !isHeadDelivered else { return }
    isHeadDelivered = true
    if case .streamed(_, let onHead) = completion { onHead(.success(head)) }
  }

  // MARK: Ending

  /// The deadline of ours that has passed, if any; libcurl itself watches over connecting and the total.
  func expired(now: Double) -> TransportError? {
    let deadlines = request.deadlines
    if !isHeadDelivered {
      guard let limit = deadlines.firstByte, now - startedAt > limit else { return nil }
      return .deadline(.firstByte, seconds: limit)
    }
    guard let limit = deadlines.idle, now - lastByteAt > limit else { return nil }
    return .deadline(.idle, seconds: limit)
  }

  func finish(_ error: TransportError?) {
    guard !isFinished else { return }
    isFinished = true
    let error = stopReason ?? error
    switch completion {
    case .whole(let complete):
      if let error {
        complete(.failure(error))
      } else if let head {
        complete(.success(HTTPResponse(head: head, body: body)))
      } else {
        complete(.failure(.disconnected(reason: "the server closed the connection without an answer")))
      }
    case .streamed(let buffer, let onHead):
      if !isHeadDelivered {
        onHead(.failure(error ?? .disconnected(reason: "the server closed the connection without an answer")))
      }
      buffer.finish(error.map { .failure($0) } ?? .success(()))
    }
  }
}

extension String {
  fileprivate func trimmingSuffix(while predicate: (Character) -> Bool) -> Substring {
    var text = self[...]
    while let last = text.last, predicate(last) { text.removeLast() }
    return text
  }
}
