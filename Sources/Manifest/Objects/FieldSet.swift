/// A set of field paths as Kubernetes keeps it in `managedFields[].fieldsV1`.
///
/// The format is structured-merge-diff's FieldsV1: every member of an object is a path element, `f:NAME` a field,
/// `k:{…}` a list item by its keys, `v:…` a list item by its value, `i:N` one by its index; the member `.` puts the
/// object's own path into the set, and an empty object is a path without children that is in the set.
package struct FieldSet: Sendable, Equatable {
  /// Path elements to what is below them, in order of their text.
  private var children: [(element: String, set: FieldSet)]
  /// Whether the path that leads here is itself in the set.
  package private(set) var isMember: Bool

  package init() {
    children = []
    isMember = false
  }

  /// A set of what is below each element, given in any order and each once; empty sets are left out.
  package init(isMember: Bool, children: [(element: String, set: FieldSet)]) {
    self.isMember = isMember
    self.children = children.filter { !$0.set.isEmpty }
    for index in self.children.indices.dropFirst()
    where !Self.precedes(self.children[index - 1].element, self.children[index].element) {
      self.children.sort { Self.precedes($0.element, $1.element) }
      break
    }
  }

  package var isEmpty: Bool { children.isEmpty && !isMember }

  package static func == (a: FieldSet, b: FieldSet) -> Bool {
    a.isMember == b.isMember && a.children.count == b.children.count
      && zip(a.children, b.children).allSatisfy { $0.element == $1.element && $0.set == $1.set }
  }
}

extension FieldSet {
  /// The elements right below, sorted, with their sets.
  package var elements: [(element: String, set: FieldSet)] { children }

  package subscript(element: String) -> FieldSet? {
    let position = position(of: element)
    return position.found ? children[position.index].set : nil
  }

  /// Whether the very path is in the set.
  package func contains(_ path: some Collection<String>) -> Bool {
    guard let first = path.first else { return isMember }
    return self[first]?.contains(path.dropFirst()) ?? false
  }

  /// Whether the path or anything below it is in the set.
  package func touches(_ path: some Collection<String>) -> Bool {
    guard let first = path.first else { return !isEmpty }
    return self[first]?.touches(path.dropFirst()) ?? false
  }

  package mutating func insert(_ path: some Collection<String>) {
    guard let first = path.first else {
      isMember = true
      return
    }
    edit(first) { $0.insert(path.dropFirst()) }
  }

  /// Takes a path out, with everything below it.
  package mutating func remove(_ path: some Collection<String>) {
    guard let first = path.first else {
      self = FieldSet()
      return
    }
    guard self[first] != nil else { return }
    edit(first) { $0.remove(path.dropFirst()) }
  }

  package func union(_ other: FieldSet) -> FieldSet {
    merge(other) { mine, theirs in
      guard let mine else { return theirs }
      guard let theirs else { return mine }
      return mine.union(theirs)
    } member: {
      $0 || $1
    }
  }

  /// The paths of this set that are not in `other`.
  package func subtracting(_ other: FieldSet) -> FieldSet {
    merge(other) { mine, theirs in
      guard let mine else { return nil }
      guard let theirs else { return mine }
      return mine.subtracting(theirs)
    } member: {
      $0 && !$1
    }
  }

  package func intersection(_ other: FieldSet) -> FieldSet {
    merge(other) { mine, theirs in
      guard let mine, let theirs else { return nil }
      return mine.intersection(theirs)
    } member: {
      $0 && $1
    }
  }

  /// Every path of the set, in order.
  package var paths: [[String]] {
    var all: [[String]] = isMember ? [[]] : []
    for child in children {
      all += child.set.paths.map { [child.element] + $0 }
    }
    return all
  }

  /// The paths that have no path of the set below them, in order: what people want to read.
  package var leaves: [[String]] {
    if children.isEmpty { return isMember ? [[]] : [] }
    return children.flatMap { child in child.set.leaves.map { [child.element] + $0 } }
  }
}

extension FieldSet {
  private func position(of element: String) -> (index: Int, found: Bool) {
    var low = 0
    var high = children.count
    while low < high {
      let middle = (low + high) / 2
      if Self.precedes(children[middle].element, element) { low = middle + 1 } else { high = middle }
    }
    return (low, low < children.count && children[low].element == element)
  }

  private mutating func edit(_ element: String, _ body: (inout FieldSet) -> Void) {
    let position = position(of: element)
    if !position.found { children.insert((element, FieldSet()), at: position.index) }
    body(&children[position.index].set)
    if children[position.index].set.isEmpty { children.remove(at: position.index) }
  }

  private func merge(
    _ other: FieldSet, _ combine: (FieldSet?, FieldSet?) -> FieldSet?, member: (Bool, Bool) -> Bool
  ) -> FieldSet {
    var result = FieldSet()
    result.isMember = member(isMember, other.isMember)
    var mine = children[...]
    var theirs = other.children[...]
    func keep(_ element: String, _ set: FieldSet?) {
      if let set, !set.isEmpty { result.children.append((element, set)) }
    }
    while true {
      switch (mine.first, theirs.first) {
      case (let a?, let b?) where a.element == b.element:
        keep(a.element, combine(a.set, b.set))
        mine.removeFirst()
        theirs.removeFirst()
      case (let a?, let b?) where Self.precedes(a.element, b.element):
        keep(a.element, combine(a.set, nil))
        mine.removeFirst()
      case (_, let b?):
        keep(b.element, combine(nil, b.set))
        theirs.removeFirst()
      case (let a?, nil):
        keep(a.element, combine(a.set, nil))
        mine.removeFirst()
      case (nil, nil): return result
      }
    }
  }

  private static func precedes(_ a: String, _ b: String) -> Bool { a.utf8.lexicographicallyPrecedes(b.utf8) }
}

extension FieldSet {
  /// The deepest nesting that is read; API servers stop below it.
  private static let maximumDepth = 200

  /// Reads a `fieldsV1` value; nil when it is not a tree of objects.
  package init?(_ fields: Mapping) {
    self.init(fields, depth: 0)
  }

  private init?(_ fields: Mapping, depth: Int) {
    guard depth < Self.maximumDepth else { return nil }
    self.init()
    children.reserveCapacity(fields.count)
    for member in fields {
      guard let below = member.value.mapping else { return nil }
      if member.key == "." {
        isMember = true
      } else if below.isEmpty {
        children.append((member.key, .member))
      } else {
        guard let set = FieldSet(below, depth: depth + 1) else { return nil }
        children.append((member.key, set))
      }
    }
    children.sort { Self.precedes($0.element, $1.element) }
  }

  /// The set of just the path that leads here.
  package static let member: FieldSet = {
    var set = FieldSet()
    set.isMember = true
    return set
  }()

  /// The `fieldsV1` value, members sorted by bytes with `.` first.
  package var fieldsV1: Mapping {
    var fields = Mapping(minimumCapacity: children.count + 1)
    if isMember { fields.append(.init(key: ".", value: Node(.mapping(Mapping())))) }
    for child in children {
      let below = child.set.children.isEmpty ? Mapping() : child.set.fieldsV1
      fields.append(.init(key: child.element, value: Node(.mapping(below))))
    }
    return fields
  }
}
