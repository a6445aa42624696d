extension Function {
  static let addresses: [Function] = [
    Function("urlParse", 1) { a, run in
      let text = try a.string(0)
      try run.budget.makeText(bytes: text.utf8.count)
      guard let address = Address(text) else { throw a.failure("unable to parse url: \(GoQuote.quoted(text))") }
      return .map(GoMap(address.members.mapValues(GoValue.string)))
    },
    Function("urlJoin", 1) { a, run in
      let map = try a.map(0)
      var members: [String: String] = [:]
      for (key, value) in map.members {
        guard case .string(let text) = value else { throw a.failure("unable to parse '\(key)': it is no text") }
        members[key] = text
      }
      return try run.text(Address(members: members).text)
    },
  ]
}

/// A URL in the parts that Sprig gives.
struct Address {
  var scheme = ""
  var userinfo = ""
  var host = ""
  var path = ""
  var query = ""
  var opaque = ""
  var fragment = ""

  /// Nil when `text` is no URL.
  init?(_ text: String) {
    guard !text.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F }) else { return nil }
    var rest = text[...]
    if let hash = rest.firstIndex(of: "#") {
      fragment = String(rest[rest.index(after: hash)...])
      rest = rest[..<hash]
    }
    if let colon = rest.firstIndex(where: { ":/?".contains($0) }), rest[colon] == ":" {
      let name = rest[..<colon]
      guard let first = name.first, first.isASCII, first.isLetter else { return nil }
      scheme = name.lowercased()
      rest = rest[rest.index(after: colon)...]
    }
    if let mark = rest.firstIndex(of: "?") {
      query = String(rest[rest.index(after: mark)...])
      rest = rest[..<mark]
    }
    if !scheme.isEmpty, !rest.hasPrefix("/") {
      opaque = String(rest)
      return
    }
    if rest.hasPrefix("//") {
      let authority = rest.dropFirst(2).prefix { $0 != "/" }
      rest = rest.dropFirst(2 + authority.count)
      let at = authority.lastIndex(of: "@")
      userinfo = at.map { String(authority[..<$0]) } ?? ""
      host = String(at.map { authority[authority.index(after: $0)...] } ?? authority)
      guard !host.contains(" "), !host.hasPrefix("[") || host.contains("]") else { return nil }
    }
    guard let decoded = Escaping.unpercent(String(rest)) else { return nil }
    path = decoded
  }

  init(members: [String: String]) {
    scheme = members["scheme"] ?? ""
    userinfo = members["userinfo"] ?? ""
    host = members["host"] ?? ""
    path = members["path"] ?? ""
    query = members["query"] ?? ""
    opaque = members["opaque"] ?? ""
    fragment = members["fragment"] ?? ""
  }

  /// The host without its port.
  var hostname: String {
    if host.hasPrefix("["), let close = host.firstIndex(of: "]") {
      return String(host[host.index(after: host.startIndex)..<close])
    }
    return String(host.prefix { $0 != ":" })
  }

  var members: [String: String] {
    [
      "scheme": scheme, "userinfo": userinfo, "host": host, "hostname": hostname, "path": path, "query": query,
      "opaque": opaque, "fragment": fragment,
    ]
  }

  var text: String {
    var text = scheme.isEmpty ? "" : scheme + ":"
    if !opaque.isEmpty {
      text += opaque
    } else {
      if !host.isEmpty || !userinfo.isEmpty { text += "//" + (userinfo.isEmpty ? "" : userinfo + "@") + host }
      if !path.isEmpty, !path.hasPrefix("/"), !host.isEmpty { text += "/" }
      text += Escaping.percent(path, keeping: "-_.~$&+,/:;=@!'()*")
    }
    if !query.isEmpty { text += "?" + query }
    return fragment.isEmpty ? text : text + "#" + Escaping.percent(fragment, keeping: "-_.~$&+,/:;=@!'()*?")
  }
}
