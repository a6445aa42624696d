/// Members in the order they were written, with unique string keys.
///
/// Lookup is linear while small and indexed once large, so that a hostile document of many keys costs linear time.
package struct Mapping: Sendable {
  package struct Member: Sendable, Equatable {
    package var key: String
    package var keyMark: SourceMark
    package var value: Node

    package init(key: String, keyMark: SourceMark = .none, value: Node) {
      self.key = key
      self.keyMark = keyMark
      self.value = value
    }

    package static func == (a: Member, b: Member) -> Bool { a.key == b.key && a.value == b.value }
  }

  private static let indexedFrom = 24

  package private(set) var members: [Member]
  private var index: [String: Int]?

  package init() { members = [] }

  package init(minimumCapacity: Int) {
    members = []
    members.reserveCapacity(minimumCapacity)
  }

  package var count: Int { members.count }
  package var isEmpty: Bool { members.isEmpty }
  package var keys: [String] { members.map(\.key) }

  package func position(of key: String) -> Int? {
    if let index { return index[key] }
    let length = key.utf8.count
    return members.firstIndex { $0.key.utf8.count == length && $0.key == key }
  }

  /// Appends a member unless its key is there already.
  /// - Returns: false, with nothing changed, when the key is a duplicate.
  @discardableResult
  package mutating func append(_ member: Member) -> Bool {
    guard position(of: member.key) == nil else { return false }
    index?[member.key] = members.count
    // One allocation for the most mappings, which have few members.
    if members.isEmpty { members.reserveCapacity(4) }
    members.append(member)
    if index == nil, members.count >= Self.indexedFrom { rebuildIndex() }
    return true
  }

  /// Setting an existing key keeps its place and key mark, a new one is appended, nil removes the member.
  package subscript(key: String) -> Node? {
    get { position(of: key).map { members[$0].value } }
    set {
      switch (position(of: key), newValue) {
      case (let position?, let value?): members[position].value = value
      case (let position?, nil): remove(at: position)
      case (nil, let value?): append(Member(key: key, value: value))
      case (nil, nil): break
      }
    }
    _modify {
      let position = position(of: key)
      var value: Node? = nil
      if let position {
        value = members[position].value
        members[position].value = .null
      }
      defer {
        switch (position, value) {
        case (let position?, let value?): members[position].value = value
        case (let position?, nil): remove(at: position)
        case (nil, let value?): append(Member(key: key, value: value))
        case (nil, nil): break
        }
      }
      yield &value
    }
  }

  package func keyMark(of key: String) -> SourceMark? {
    position(of: key).map { members[$0].keyMark }
  }

  package mutating func remove(at position: Int) {
    members.remove(at: position)
    if index != nil { rebuildIndex() }
  }

  /// Keeps the members that satisfy `predicate`, in order.
  package mutating func filter(_ predicate: (Member) throws -> Bool) rethrows {
    members = try members.filter(predicate)
    rebuildIndex()
  }

  /// Puts the members into the order of `areInIncreasingOrder` over keys.
  package mutating func sortKeys(by areInIncreasingOrder: (String, String) -> Bool) {
    members.sort { areInIncreasingOrder($0.key, $1.key) }
    rebuildIndex()
  }

  /// Puts the members into the byte order of their keys.
  package mutating func sortKeys() {
    sortKeys { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  /// Changes every value in place; keys stay.
  package mutating func updateValues(_ body: (String, inout Node) throws -> Void) rethrows {
    for position in members.indices { try body(members[position].key, &members[position].value) }
  }

  /// Changes the value of the member at `position` in place; its key stays.
  package mutating func updateValue<Result>(
    at position: Int, _ body: (inout Node) throws -> Result
  ) rethrows -> Result {
    try body(&members[position].value)
  }

  private mutating func rebuildIndex() {
    guard members.count >= Self.indexedFrom else {
      index = nil
      return
    }
    index = Dictionary(uniqueKeysWithValues: members.enumerated().map { ($1.key, $0) })
  }
}

extension Mapping: Equatable {
  /// The same keys with equal values, in any order.
  package static func == (a: Mapping, b: Mapping) -> Bool {
    guard a.count == b.count else { return false }
    return isShared(a.members, b.members) || a.members.allSatisfy { b[$0.key] == $0.value }
  }

  /// Whether both are copies of one that nobody has changed since.
  private static func isShared(_ a: [Member], _ b: [Member]) -> Bool {
    a.withUnsafeBufferPointer { a in b.withUnsafeBufferPointer { b in a.baseAddress == b.baseAddress } }
  }
}

extension Mapping: Sequence, ExpressibleByDictionaryLiteral {
  package typealias Key = String
  package typealias Value = Node

  package func makeIterator() -> IndexingIterator<[Member]> { members.makeIterator() }

  /// Later duplicates win.
  package init(dictionaryLiteral elements: (String, Node)...) {
    self.init()
    for (key, value) in elements { self[key] = value }
  }
}
