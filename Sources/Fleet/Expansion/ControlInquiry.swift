import Manifest

/// Something that a generator wants to read from the management cluster, in the control namespace there.
package struct ControlInquiry: Sendable, Hashable, CustomStringConvertible {
  package enum Subject: Sendable, Hashable {
    case configMap(String)
    case secret(String)
    /// The resource of this name; every one that the label selector fits where there is none.
    case resources(ResourceType, name: String?, labelSelector: String)
  }

  /// A resource type by its plural name, as the addresses of an API server have it: its parts are fit to stand there.
  package struct ResourceType: Sendable, Hashable {
    package let group: String
    package let version: String
    package let plural: String

    /// Nil for what cannot be the name of one.
    init?(apiVersion: String, plural: String) {
      let parts = apiVersion.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
      let plural = plural.lowercased()
      guard parts.count == 2, (parts + [plural]).allSatisfy({ DNSName.problem(withSubdomain: $0) == nil }),
        !plural.contains("."), !parts[1].contains(".")
      else { return nil }
      (group, version, self.plural) = (parts[0], parts[1], plural)
    }
  }

  package var subject: Subject

  package init(_ subject: Subject) { self.subject = subject }

  package var description: String {
    let words =
      switch subject {
      case .configMap(let name): "ConfigMap \(name)"
      case .secret(let name): "Secret \(name)"
      case .resources(let type, let name?, _): "\(type.plural).\(type.group) \(name)"
      case .resources(let type, nil, let selector):
        "\(type.plural).\(type.group)" + (selector.isEmpty ? "" : " with \(selector)")
      }
    return words + " of the management cluster"
  }
}

/// What came of looking for something that a generator refers to.
enum ControlLookup<Value> {
  case found(Value)
  case missing
  /// It could not be read, which is reported, or is not known yet.
  case unknown
}

extension GeneratorRun {
  /// A ConfigMap of the control namespace: beside the sets, or else in the management cluster.
  mutating func configMap(_ name: String) -> ControlLookup<Node> {
    if let known = objects.configMap(name) { return .found(known) }
    return lookUp(name) { .configMap($0) }
  }

  /// The value of a Secret's key, from where ``configMap(_:)`` looks.
  mutating func secret(_ name: String, key: String) -> ControlLookup<Redacted<String>> {
    if let known = objects.secret(name, key: key) { return .found(known) }
    switch lookUp(name, { .secret($0) }) {
    case .found(let node): return ControlObjects.value(of: node, key: key).map { .found($0) } ?? .missing
    case .missing: return .missing
    case .unknown: return .unknown
    }
  }

  private mutating func lookUp(
    _ name: String, _ subject: (String) -> ControlInquiry.Subject
  ) -> ControlLookup<Node> {
    guard inputs.hasManagementCluster, DNSName.problem(withSubdomain: name) == nil else { return .missing }
    switch answer(to: ControlInquiry(subject(name))) {
    case nil: return .unknown
    case let nodes?: return nodes.first.map { .found($0) } ?? .missing
    }
  }

  /// What the management cluster has; nil when it could not be read, which is reported, or is not known yet.
  mutating func answer(to inquiry: ControlInquiry) -> [Node]? {
    ask(.control(inquiry))
    switch inputs.control[.control(inquiry)] {
    case .success(let nodes): return nodes
    case .failure(let failure): report(failure)
    case nil: break
    }
    return nil
  }
}
