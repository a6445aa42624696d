import Manifest

/// `metadata.managedFields`: who set which fields.
struct ManagedFields: Sendable {
  /// What tells entries apart. An applier has one entry whatever version it applied in.
  struct Manager: Hashable, Sendable {
    var name: String
    var isApply: Bool
    /// Empty for appliers.
    var apiVersion: String
    var subresource: String
  }

  struct Entry: Sendable {
    var fields: FieldSet
    var apiVersion: String
    /// RFC 3339; nil where the write changed nothing but ownership.
    var time: String?
  }

  /// An entry that can not be read.
  struct Malformed: Error {
    var message: String
  }

  private(set) var managers: [Manager] = []
  private var entries: [Manager: Entry] = [:]

  init() {}

  var isEmpty: Bool { managers.isEmpty }

  subscript(manager: Manager) -> Entry? {
    get { entries[manager] }
    set {
      if newValue == nil {
        managers.removeAll { $0 == manager }
      } else if entries[manager] == nil {
        managers.append(manager)
      }
      entries[manager] = newValue
    }
  }

  /// Everything that any entry owns.
  var union: FieldSet {
    managers.reduce(FieldSet()) { all, manager in all.union(entries[manager]?.fields ?? FieldSet()) }
  }

  /// Takes paths away from an entry; an entry that owns nothing ends.
  mutating func remove(_ set: FieldSet, from manager: Manager) {
    guard let entry = entries[manager] else { return }
    let rest = entry.fields.subtracting(set)
    if rest.isEmpty { self[manager] = nil } else { entries[manager]?.fields = rest }
  }
}

extension ManagedFields {
  /// - Throws: when an entry is none that a server wrote.
  init(_ nodes: [Node]) throws(Malformed) {
    for (index, node) in nodes.enumerated() {
      let operation = node["operation"]?.string ?? ""
      guard ["Apply", "Update"].contains(operation) else {
        throw Malformed(message: "operation must be `Apply` or `Update`")
      }
      guard let apiVersion = node["apiVersion"]?.string, !apiVersion.isEmpty else {
        throw Malformed(message: "apiVersion must not be empty")
      }
      let fieldsType = node["fieldsType"]?.string ?? ""
      guard fieldsType == "FieldsV1" else {
        throw Malformed(
          message: fieldsType.isEmpty
            ? "missing fieldsType in managed fields entry \(index)"
            : "invalid fieldsType \"\(fieldsType)\" in managed fields entry \(index)")
      }
      guard let fields = FieldSet(node["fieldsV1"]?.mapping ?? Mapping()) else {
        throw Malformed(message: "error decoding set in managed fields entry \(index)")
      }
      let isApply = operation == "Apply"
      let manager = Manager(
        name: node["manager"]?.string ?? "", isApply: isApply, apiVersion: isApply ? "" : apiVersion,
        subresource: node["subresource"]?.string ?? "")
      self[manager] = Entry(fields: fields, apiVersion: apiVersion, time: node["time"]?.string)
    }
  }

  /// The entries as the server lists them: appliers first, then by time, name, version and subresource.
  var nodes: [Node] {
    managers.compactMap { manager in entries[manager].map { (manager: manager, entry: $0) } }
      .sorted { Self.sortKey($0) < Self.sortKey($1) }.map(Self.node)
  }

  private static func sortKey(_ pair: (manager: Manager, entry: Entry)) -> (Int, String, String, String, String) {
    (
      pair.manager.isApply ? 0 : 1, pair.entry.time ?? "", pair.manager.name, pair.entry.apiVersion,
      pair.manager.subresource
    )
  }

  private static func node(_ pair: (manager: Manager, entry: Entry)) -> Node {
    var mapping = Mapping(minimumCapacity: 7)
    mapping["manager"] = .string(pair.manager.name)
    mapping["operation"] = .string(pair.manager.isApply ? "Apply" : "Update")
    mapping["apiVersion"] = .string(pair.entry.apiVersion)
    mapping["time"] = pair.entry.time.map(Node.string)
    mapping["fieldsType"] = .string("FieldsV1")
    mapping["fieldsV1"] = .mapping(pair.entry.fields.fieldsV1)
    if !pair.manager.subresource.isEmpty { mapping["subresource"] = .string(pair.manager.subresource) }
    return .mapping(mapping)
  }
}

extension ManagedFields {
  /// Entries of updates beyond this number are merged, the oldest first.
  private static let maximumUpdateManagers = 10

  /// Merges the oldest updates of a version into one entry, `ancient-changes`, until few enough are left.
  mutating func capUpdates() {
    let updates = managers.filter { !$0.isApply }
    guard updates.count > Self.maximumUpdateManagers else { return }
    let oldest = updates.sorted { (entries[$0]?.time ?? "", $0.name) < (entries[$1]?.time ?? "", $1.name) }
    var excess = updates.count - Self.maximumUpdateManagers
    var first: [String: Manager] = [:]
    for manager in oldest where excess > 0 {
      guard let entry = entries[manager] else { continue }
      guard let partner = first[entry.apiVersion] else {
        first[entry.apiVersion] = manager
        continue
      }
      let bucket = Manager(name: "ancient-changes", isApply: false, apiVersion: entry.apiVersion, subresource: "")
      if self[bucket] == nil {
        self[bucket] = entries[partner]
        if partner != bucket { self[partner] = nil }
      }
      let merged = entry.fields.union(self[bucket]?.fields ?? FieldSet())
      self[bucket] = Entry(fields: merged, apiVersion: entry.apiVersion, time: entry.time)
      self[manager] = nil
      excess -= 1
    }
  }
}
