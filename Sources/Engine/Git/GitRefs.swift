/// The branches and tags of a repository, and where its HEAD points.
struct GitRefs: Sendable, Equatable {
  /// By full name (`refs/heads/…`, `refs/tags/…`); a tag's id is the tag object's where it is annotated.
  var ids: [String: GitObjectID] = [:]
  /// The full name of the branch that HEAD names; nil when HEAD is detached or there is none.
  var head: String?
  /// What HEAD names when it is detached.
  var detachedHead: GitObjectID?

  /// More than this is not a repository that is deployed from.
  private static let maximumCount = 200_000

  enum ParseError: Error {
    case tooMany(Int)
  }

  /// Reads `git ls-remote --symref`: `<id> TAB <name>`, and `ref: <name> TAB HEAD`. Peeled lines and other refs are left
  /// out.
  init(lsRemote output: [UInt8]) throws(ParseError) {
    for line in String(decoding: output, as: UTF8.self).split(separator: "\n") {
      let parts = line.split(separator: "\t", maxSplits: 1)
      guard parts.count == 2 else { continue }
      let name = String(parts[1])
      if parts[0].hasPrefix("ref: ") {
        if name == "HEAD" { head = String(parts[0].dropFirst(5)) }
      } else if let id = GitObjectID(parts[0]) {
        try add(id, as: name)
      }
    }
    if let head, ids[head] == nil { self.head = nil }
    if head != nil { detachedHead = nil }
  }

  /// What these other names are in the same listing.
  static func ids(of names: Set<String>, lsRemote output: [UInt8]) -> [String: GitObjectID] {
    if names.isEmpty { return [:] }
    var ids: [String: GitObjectID] = [:]
    for line in String(decoding: output, as: UTF8.self).split(separator: "\n") {
      let parts = line.split(separator: "\t", maxSplits: 1)
      guard parts.count == 2, names.contains(String(parts[1])), let id = GitObjectID(parts[0]) else { continue }
      ids[String(parts[1])] = id
    }
    return ids
  }

  /// Reads `for-each-ref --format='%(objectname) %(refname)'`.
  init(forEachRef output: [UInt8], head: String?) throws(ParseError) {
    for line in String(decoding: output, as: UTF8.self).split(separator: "\n") {
      let parts = line.split(separator: " ", maxSplits: 1)
      guard parts.count == 2, let id = GitObjectID(parts[0]) else { continue }
      try add(id, as: String(parts[1]))
    }
    self.head = head.flatMap { ids[$0] == nil ? nil : $0 }
  }

  private mutating func add(_ id: GitObjectID, as name: String) throws(ParseError) {
    if name == "HEAD" {
      detachedHead = id
      return
    }
    guard name.hasPrefix("refs/heads/") || name.hasPrefix("refs/tags/"), !name.hasSuffix("^{}") else { return }
    guard ids.count < Self.maximumCount else { throw .tooMany(Self.maximumCount) }
    ids[name] = id
  }

  /// The id's hash function shows in its length.
  var usesSHA256: Bool {
    ids.values.first.map { $0.byteCount == 32 } ?? detachedHead.map { $0.byteCount == 32 } ?? false
  }
}

extension GitRefs {
  enum Kind: String, Sendable { case branch, tag, head }

  struct Match: Sendable, Equatable {
    var name: String
    var id: GitObjectID
    var kind: Kind
  }

  /// What `revision` names: HEAD for `""` and `HEAD`, then a full name, a branch, a tag; a branch goes before a tag of
  /// the same name, as in Argo CD.
  func match(_ revision: String) -> Match? {
    if revision.isEmpty || revision == "HEAD" {
      if let head, let id = ids[head] { return Match(name: head, id: id, kind: .head) }
      return detachedHead.map { Match(name: "HEAD", id: $0, kind: .head) }
    }
    for (name, kind) in [
      (revision, revision.hasPrefix("refs/tags/") ? Kind.tag : .branch), ("refs/heads/" + revision, .branch),
      ("refs/tags/" + revision, .tag), ("refs/" + revision, revision.hasPrefix("tags/") ? .tag : .branch),
    ] {
      if let id = ids[name] { return Match(name: name, id: id, kind: kind) }
    }
    return nil
  }

  /// Short names of branches and tags, sorted.
  var shortNames: [String] {
    ids.keys.map { name in String(name.dropFirst(name.hasPrefix("refs/heads/") ? 11 : 10)) }.sorted()
  }

  var tagNames: [String] { ids.keys.filter { $0.hasPrefix("refs/tags/") }.map { String($0.dropFirst(10)) }.sorted() }

  /// Up to three names that a reader may have meant by `revision`, the nearest first.
  func nearest(to revision: String) -> [String] {
    let wanted = Array(revision.lowercased().utf8.prefix(64))
    let scored = shortNames.prefix(5_000).compactMap { name -> (distance: Int, name: String)? in
      let distance = Self.distance(wanted, Array(name.lowercased().utf8.prefix(64)))
      return distance <= max(2, wanted.count / 3) ? (distance, name) : nil
    }
    return scored.sorted { ($0.distance, $0.name) < ($1.distance, $1.name) }.prefix(3).map(\.name)
  }

  /// Levenshtein's, over bytes.
  private static func distance(_ a: [UInt8], _ b: [UInt8]) -> Int {
    var row = Array(0...b.count)
    for (i, x) in a.enumerated() {
      var diagonal = row[0]
      row[0] = i + 1
      for (j, y) in b.enumerated() {
        let substituted = diagonal + (x == y ? 0 : 1)
        diagonal = row[j + 1]
        row[j + 1] = min(substituted, row[j] + 1, row[j + 1] + 1)
      }
    }
    return row[b.count]
  }
}
