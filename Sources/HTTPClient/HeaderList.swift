import CCurl

/// Header fields as libcurl takes them; owns the C list.
final class HeaderList {
  let fields: [HTTPHeader]
  let hasBody: Bool
  let list: UnsafeMutablePointer<curl_slist>?

  /// - Parameters:
  ///   - host: the `Host` to send where it is not the URL's.
  ///   - hasBody: whether libcurl would otherwise add a form's content type.
  /// - Throws: ``TransportError/invalidRequest(reason:)`` for what could not be a header field.
  init(_ fields: [HTTPHeader], host: String?, hasBody: Bool) throws(TransportError) {
    self.fields = fields
    self.hasBody = hasBody
    var lines = ["Expect:"]
    if let host { lines.append("Host: \(host)") }
    if hasBody, !fields.contains(where: { $0.name.lowercased() == "content-type" }) { lines.append("Content-Type:") }
    for field in fields {
      try HeaderList.check(field)
      // A field without a value is written with a semicolon: "Name:" would remove it.
      lines.append(field.value.isEmpty ? "\(field.name);" : "\(field.name): \(field.value)")
    }
    var list: UnsafeMutablePointer<curl_slist>?
    for line in lines { list = muster_list_append(list, line) ?? list }
    self.list = list
  }

  deinit { muster_list_free(list) }

  private static func check(_ field: HTTPHeader) throws(TransportError) {
    guard isToken(field.name) else {
      throw .invalidRequest(reason: "a header's name is not a token")
    }
    guard field.value.utf8.allSatisfy({ ($0 >= 0x20 && $0 != 0x7F) || $0 == 0x09 }) else {
      throw .invalidRequest(reason: "the value of header '\(field.name)' has control characters in it")
    }
  }

  /// RFC 9110 §5.6.2.
  static func isToken(_ text: String) -> Bool {
    !text.isEmpty
      && text.utf8.allSatisfy { byte in
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        case 0x21, 0x23...0x27, 0x2A, 0x2B, 0x2D, 0x2E, 0x5E, 0x5F, 0x60, 0x7C, 0x7E: true
        default: false
        }
      }
  }
}
