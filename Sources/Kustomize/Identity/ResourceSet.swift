import Manifest

/// The resources of one layer, in the order they came, found by name in constant time.
struct ResourceSet: Sendable {
  private(set) var resources: [Resource] = []
  /// Positions by every name that a resource has or had; nil after a change of names.
  private var positionsByName: [String: [Int]]?
  /// Whether an identity has changed since they were last known to differ.
  private var mayConflict = false

  init() {}

  /// Resources whose identities are known to differ.
  init(sorted resources: [Resource]) { self.resources = resources }

  var count: Int { resources.count }
  var isEmpty: Bool { resources.isEmpty }
  var indices: Range<Int> { resources.indices }

  subscript(position: Int) -> Resource { resources[position] }

  /// Changes one resource in place.
  mutating func update<Result>(_ position: Int, _ body: (inout Resource) throws -> Result) rethrows -> Result {
    let before = (resources[position].name, resources[position].gvk, resources[position].history.count)
    let namespace = resources[position].namespace
    defer {
      let after = resources[position]
      let isRenamed = after.name != before.0 || after.gvk != before.1
      if isRenamed || after.history.count != before.2 { positionsByName = nil }
      if isRenamed || after.namespace != namespace { mayConflict = true }
    }
    return try body(&resources[position])
  }

  /// Changes every resource in place.
  mutating func updateAll(_ body: (inout Resource) throws -> Void) rethrows {
    for position in resources.indices { try update(position, body) }
  }

  /// Removes resources that a patch emptied.
  mutating func dropEmpty() {
    guard resources.contains(where: \.isEmpty) else { return }
    resources.removeAll(where: \.isEmpty)
    positionsByName = nil
  }

  mutating func keep(where isKept: (Resource) -> Bool) {
    resources.removeAll { !isKept($0) }
    positionsByName = nil
  }

  mutating func replace(_ position: Int, with resource: Resource) {
    resources[position] = resource
    positionsByName = nil
    mayConflict = true
  }

  /// Adds a resource whose identity is not taken.
  /// - Throws: ``Diagnostic`` `kustomize.duplicate-id`, which names both places.
  mutating func append(_ resource: Resource) throws(Diagnostic) {
    let id = resource.id
    for position in positions(named: resource.name) where resources[position].id.matches(id) {
      throw Self.conflict(resource, resources[position])
    }
    let position = resources.count
    resources.append(resource)
    note(position)
  }

  static func conflict(_ resource: Resource, _ other: Resource) -> Diagnostic {
    Diagnostic(
      "kustomize.duplicate-id",
      "\(resource.id) is there already: two resources may not have the same kind, name and "
        + "namespace", at: resource.origin, notes: [.init("it is here first", at: other.origin)],
      help: "rename one of them, or remove the file that is named twice")
  }

  // MARK: Finding

  /// Positions of the resources that are or were called `name`, in order.
  mutating func positions(named name: String) -> [Int] {
    if positionsByName == nil {
      positionsByName = [:]
      for position in resources.indices { note(position) }
    }
    return positionsByName?[name] ?? []
  }

  private mutating func note(_ position: Int) {
    guard positionsByName != nil else { return }
    let resource = resources[position]
    var names = Set(resource.history.map(\.name))
    names.insert(resource.name)
    for name in names { positionsByName?[name, default: []].append(position) }
  }

  /// Positions of the resources of which any identity is `id`.
  mutating func positions(withAnyID id: ResourceID) -> [Int] {
    positions(named: id.name).filter { position in
      !resources[position].isEmpty && resources[position].hasID { $0.matches(id) }
    }
  }

  /// The first two resources that share an identity.
  mutating func conflict() -> Diagnostic? {
    guard mayConflict else { return nil }
    mayConflict = false
    var seen: [ResourceID.Key: Int] = [:]
    for (position, resource) in resources.enumerated() {
      if let other = seen.updateValue(position, forKey: resource.id.key) {
        return Self.conflict(resource, resources[other])
      }
    }
    return nil
  }
}
