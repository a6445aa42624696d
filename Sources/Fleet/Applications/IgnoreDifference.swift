package import Manifest

/// Fields of live objects that an Application does not care for (`spec.ignoreDifferences`).
package struct IgnoreDifference: Sendable, Equatable {
  /// A glob; empty is the core group.
  package var group: String
  package var kind: String
  /// Empty fits all.
  package var name: String
  package var namespace: String
  package var jsonPointers: [String]
  package var jqPathExpressions: [String]
  package var managedFieldsManagers: [String]

  /// An element of `ignoreDifferences`; fields that are not there are empty.
  package init(_ node: Node) {
    group = node["group"]?.string ?? ""
    kind = node["kind"]?.string ?? ""
    name = node["name"]?.string ?? ""
    namespace = node["namespace"]?.string ?? ""
    jsonPointers = node["jsonPointers"].texts
    jqPathExpressions = node["jqPathExpressions"].texts
    managedFieldsManagers = node["managedFieldsManagers"].texts
  }
}
