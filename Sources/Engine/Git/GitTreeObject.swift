import Crypto

/// One folder of a commit, from git's binary form: `<octal mode> <name> NUL <id>`, again and again.
struct GitTreeObject: Sendable {
  enum Kind: Sendable { case file, directory, link, submodule }

  struct Entry: Sendable {
    var kind: Kind
    var id: GitObjectID
  }

  /// Sorted by bytes.
  let names: [String]
  /// Hex of a hash over the names alone: a listing is the same while they are.
  let namesID: String
  private let entries: [String: Entry]

  private static let maximumEntries = 100_000

  subscript(name: String) -> Entry? { entries[name] }

  /// Nil when the bytes are no tree. Names that cannot be files (`..`, `.git`, with a slash, not UTF-8) are left out:
  /// git refuses to make them, and so they are somebody's trick.
  init?(_ bytes: [UInt8], idLength: Int) {
    var entries: [String: Entry] = [:]
    var rest = bytes[...]
    while !rest.isEmpty {
      guard let space = rest.firstIndex(of: UInt8(ascii: " ")),
        let end = rest[space...].firstIndex(of: 0), bytes.count - end - 1 >= idLength,
        let mode = Int(String(decoding: rest[..<space], as: UTF8.self), radix: 8),
        let id = GitObjectID(bytes: bytes[(end + 1)..<(end + 1 + idLength)]), entries.count < Self.maximumEntries
      else { return nil }
      let name = String(validating: rest[(space + 1)..<end], as: UTF8.self)
      rest = bytes[(end + 1 + idLength)...]
      guard let kind = Self.kind(mode), let name, Self.isPossible(name) else { continue }
      entries[name] = Entry(kind: kind, id: id)
    }
    self.entries = entries
    names = entries.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    namesID = GitObjectID.hex(of: SHA256.hash(data: Array(names.joined(separator: "\0").utf8)))
  }

  private static func kind(_ mode: Int) -> Kind? {
    switch mode & 0o170000 {
    case 0o040000: .directory
    case 0o100000: .file
    case 0o120000: .link
    case 0o160000: .submodule
    default: nil
    }
  }

  private static func isPossible(_ name: String) -> Bool {
    !name.isEmpty && name != "." && name != ".." && name != ".git" && !name.utf8.contains(UInt8(ascii: "/"))
  }
}
