/// Equality as JSON has it: numbers by what they are worth, whether written as integers or not (RFC 6902 §4.6).
package enum JSONEquality {
  package static func areEqual(_ a: Node, _ b: Node) -> Bool {
    switch (a.value, b.value) {
    case (.sequence(let a), .sequence(let b)): a.count == b.count && zip(a, b).allSatisfy { areEqual($0, $1) }
    case (.mapping(let a), .mapping(let b)):
      a.count == b.count && a.allSatisfy { member in b[member.key].map { areEqual(member.value, $0) } ?? false }
    case (.int(let whole), .double(let number)), (.double(let number), .int(let whole)):
      Int64(exactly: number) == whole
    case (.uint(let whole), .double(let number)), (.double(let number), .uint(let whole)):
      UInt64(exactly: number) == whole
    default: a.value == b.value
    }
  }
}
