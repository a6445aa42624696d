/// Numbers of expr: how they are written and read.
enum ExprNumber {
  /// The number that a token stands for.
  static func literal(_ token: ExprToken) throws(ExprError) -> ExprNode.Kind {
    let text = token.text.filter { $0 != "_" }.lowercased()
    let digits = String(text.dropFirst(2))
    let number: ExprNode.Kind? =
      if text.hasPrefix("0x") {
        Int(digits, radix: 16).map(ExprNode.Kind.int)
      } else if text.contains(".") || text.contains("e") {
        decimal(text).map(ExprNode.Kind.float)
      } else if text.hasPrefix("0b") {
        Int(digits, radix: 2).map(ExprNode.Kind.int)
      } else if text.hasPrefix("0o") {
        Int(digits, radix: 8).map(ExprNode.Kind.int)
      } else {
        Int(text).map(ExprNode.Kind.int)
      }
    guard let number else { throw ExprError(.syntax, "bad number '\(token.text)'", at: token.offset) }
    return number
  }

  /// Swift wants digits on both sides of a point.
  private static func decimal(_ text: String) -> Double? {
    var text = text.hasPrefix(".") ? "0" + text : text
    text =
      text.hasSuffix(".")
      ? text + "0" : text.split(separator: ".e", omittingEmptySubsequences: false).joined(separator: ".0e")
    return Double(text).flatMap { $0.isFinite ? $0 : nil }
  }

  /// Go's `strconv.ParseFloat`; nil for what is no number, and beyond what one can hold.
  static func float(_ text: String) -> Double? {
    guard let first = text.utf8.first, !text.contains("("),
      let number = Double(first == UInt8(ascii: ".") ? "0" + text : text)
    else { return nil }
    let isWritten = text.lowercased().contains("inf")
    return number.isInfinite && !isWritten ? nil : number
  }

  /// What Go's conversion makes of a float on the machines that controllers run on: out of range is the smallest.
  static func int(_ number: Double) -> Int { Int(exactly: number.rounded(.towardZero)) ?? .min }

  /// expr turns integer literals into floats where a function takes a float.
  static func asFloat(_ node: ExprNode) -> ExprNode {
    var node = node
    switch node.kind {
    case .int(let number): node.kind = .float(Double(number))
    case .unary(let unary, let operand): node.kind = .unary(unary, asFloat(operand))
    case .binary(let operation, let left, let right) where [.plus, .minus, .times].contains(operation):
      node.kind = .binary(operation, asFloat(left), asFloat(right))
    default: break
    }
    return node
  }
}
