/// A JSON patch by RFC 6902: operations that apply in order, all or none.
package struct JSONPatch: Sendable, Equatable {
  /// How strictly a patch is read and applied.
  package enum Rules: Sendable {
    /// As the RFC has it.
    case rfc6902
    /// As Kubernetes' patch library does: negative indices count from the end, `replace` of a missing member adds it,
    /// `copy` of a missing member copies null, `test` for null holds where nothing is, a missing `value` is null,
    /// and what stands before a path's first `/` is not read.
    case kubernetes
  }

  package enum Action: Sendable, Equatable {
    case add(Node)
    case remove
    case replace(Node)
    case move(from: JSONPointer)
    case copy(from: JSONPointer)
    case test(Node)
  }

  package struct Operation: Sendable, Equatable {
    package var action: Action
    package var path: JSONPointer
    /// Where the operation begins in its file.
    package var mark: SourceMark

    package init(_ action: Action, _ path: JSONPointer, mark: SourceMark = .none) {
      self.action = action
      self.path = path
      self.mark = mark
    }

    package var name: String {
      switch action {
      case .add: "add"
      case .remove: "remove"
      case .replace: "replace"
      case .move: "move"
      case .copy: "copy"
      case .test: "test"
      }
    }
  }

  /// As many as the API server takes.
  package static let maximumOperations = 10_000

  package var operations: [Operation]
  package var rules: Rules
  /// The file that the patch was read from, for diagnostics.
  package var file: String?

  package init(_ operations: [Operation], rules: Rules = .rfc6902, file: String? = nil) {
    self.operations = operations
    self.rules = rules
    self.file = file
  }
}

extension JSONPatch {
  /// The result on `document`; on an error nothing of it is kept.
  /// - Throws: ``Diagnostic`` `json-patch.missing`, `.index`, `.parent`, `.test`, `.root`, `.into-itself`, `.too-large`;
  ///   its place is the operation's. No message quotes a value.
  package func apply(to document: Node) throws(Diagnostic) -> Node {
    var run = JSONPatchRun(document: document, rules: rules)
    for operation in operations {
      do throws(JSONPatchRun.Problem) {
        try run.apply(operation)
      } catch {
        throw Diagnostic(
          "json-patch.\(error.code)", "\(operation.name) '\(operation.path)': \(error.message)",
          at: file.map { SourceLocation(file: $0, mark: operation.mark) })
      }
    }
    return run.document
  }
}
