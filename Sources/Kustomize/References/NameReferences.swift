import Manifest

/// Gives fields that name a resource its new name, once, when all layers have run.
struct NameReferences: Sendable {
  private struct Rule: Sendable {
    let target: KindSelector
    let field: FieldSpec
  }

  /// Rules in order, by the kind of the referrer; those for any kind are in every list.
  private var rulesByKind: [String: [(order: Int, rule: Rule)]] = [:]
  private var rulesForAnyKind: [(order: Int, rule: Rule)] = []

  static let standard = NameReferences(TransformerConfiguration.standard.nameReferences)

  init(_ references: [TransformerConfiguration.NameReference]) {
    var order = 0
    for reference in references {
      for field in reference.referrers {
        let rule = Rule(target: reference.target, field: field)
        if field.kind.kind.isEmpty {
          rulesForAnyKind.append((order, rule))
        } else {
          rulesByKind[field.kind.kind, default: []].append((order, rule))
        }
        order += 1
      }
    }
  }

  private func rules(for gvk: GroupVersionKind) -> [Rule] {
    let own = rulesByKind[gvk.kind] ?? []
    let rules = rulesForAnyKind.isEmpty ? own : (own + rulesForAnyKind).sorted { $0.order < $1.order }
    return rules.map(\.rule).filter { $0.field.kind.selects(gvk) }
  }

  /// - Throws: ``Diagnostics`` with every reference that is ambiguous or cannot be written.
  func apply(to set: inout ResourceSet) throws(Diagnostics) {
    var problems = set.resources.filter { $0.gvk.kind == "RoleBinding" }.compactMap(Self.blankSubject)
    if !problems.isEmpty { throw Diagnostics(problems) }
    guard set.resources.contains(where: { !$0.history.isEmpty }) else { return }
    let candidates = Candidates(set)
    for position in set.indices {
      let rules = rules(for: set[position].originalID.gvk)
      guard !rules.isEmpty else { continue }
      let referrer = Referrer(set[position])
      for rule in rules {
        do {
          try apply(rule, from: referrer, to: position, in: &set, candidates)
        } catch let error as FieldError {
          problems.append(error.diagnostic(field: rule.field.path.text, of: set[position]))
        } catch let error as Diagnostic {
          problems.append(error)
        } catch {
          continue
        }
      }
    }
    if !problems.isEmpty { throw Diagnostics(problems) }
  }

  /// A service account whose namespace is there but no text.
  private static func blankSubject(of binding: Resource) -> Diagnostic? {
    for subject in binding.mapping["subjects"]?.sequence ?? [] where subject["kind"]?.string == "ServiceAccount" {
      guard let namespace = subject["namespace"], namespace.string == nil else { continue }
      return FieldError(message: "the namespace of a service account is blank", mark: namespace.mark)
        .diagnostic(field: "subjects", of: binding)
    }
    return nil
  }

  private func apply(
    _ rule: Rule, from referrer: Referrer, to position: Int, in set: inout ResourceSet, _ candidates: Candidates
  ) throws {
    let path = rule.field.path.segments[...]
    guard set[position].root.reaches(path) else { return }
    let choice = Choice(rule.target, rule.field.path.text, referrer, candidates)
    var changes = false
    try set[position].root.visit(path) { changes = try changes || choice.changes($0) }
    guard changes else { return }
    try set.update(position) { resource in
      try resource.edit { try $0.edit(at: path, creating: .nothing) { try choice.write(&$0) } }
    }
  }

  /// The resources that had another identity, by their former names.
  fileprivate struct Candidates {
    private struct Place: Hashable {
      var name: String
      /// The effective one.
      var namespace: String
    }

    let resources: [Resource]
    private var positions: [String: [Int]] = [:]
    /// The same, by where the resource is now: many copies of one base have the same names.
    private var positionsByPlace: [Place: [Int]] = [:]

    init(_ set: ResourceSet) {
      resources = set.resources
      for (position, resource) in resources.enumerated() where !resource.history.isEmpty {
        let namespace = resource.id.effectiveNamespace
        for name in Set(resource.history.map(\.name)) {
          positions[name, default: []].append(position)
          positionsByPlace[Place(name: name, namespace: namespace), default: []].append(position)
        }
      }
    }

    /// The resources of a former name that a referrer may mean, in their order.
    func formerly(named name: String, for referrer: Referrer) -> [Resource] {
      // Most names are never changed ones.
      guard let all = positions[name] else { return [] }
      if referrer.id.isClusterScoped || all.count < 8 {
        return all.map { resources[$0] }.filter(referrer.mayReferTo)
      }
      var found: Set<Int> = []
      var namespaces = referrer.subjectNamespaces
      namespaces.insert(referrer.id.effectiveNamespace)
      namespaces.insert(ResourceID.clusterScope)
      for namespace in namespaces { found.formUnion(positionsByPlace[Place(name: name, namespace: namespace)] ?? []) }
      return found.sorted().map { resources[$0] }.filter(referrer.mayReferTo)
    }
  }

  /// What a reference must know of the resource it is in.
  fileprivate struct Referrer {
    let resource: Resource
    let id: ResourceID
    /// Namespaces of a RoleBinding's service accounts.
    let subjectNamespaces: Set<String>

    init(_ resource: Resource) {
      self.resource = resource
      id = resource.id
      var namespaces: Set<String> = []
      if resource.gvk.kind == "RoleBinding" {
        for subject in resource.mapping["subjects"]?.sequence ?? [] where subject["kind"]?.string == "ServiceAccount" {
          if let namespace = subject["namespace"]?.string { namespaces.insert(namespace) }
        }
      }
      subjectNamespaces = namespaces
    }

    func mayReferTo(_ candidate: Resource) -> Bool {
      let other = candidate.id
      return id.isClusterScoped || other.isClusterScoped || other.effectiveNamespace == id.effectiveNamespace
        || subjectNamespaces.contains(candidate.namespace)
    }

    /// Service accounts may be meant from anywhere.
    func isInReach(_ candidate: Resource) -> Bool {
      id.isClusterScoped || candidate.isClusterScoped || candidate.gvk.kind == "ServiceAccount"
        || id.effectiveNamespace == candidate.id.effectiveNamespace
    }
  }

  /// Picks the resource that a field means.
  fileprivate struct Choice {
    private let target: KindSelector
    private let path: String
    private let referrer: Referrer
    private let candidates: Candidates
    /// What a `roleRef` says about its target.
    private let roleRef: KindSelector?

    init(_ target: KindSelector, _ path: String, _ referrer: Referrer, _ candidates: Candidates) {
      self.target = target
      self.path = path
      self.referrer = referrer
      self.candidates = candidates
      let role = path.hasSuffix("roleRef/name") ? referrer.resource.mapping["roleRef"] : nil
      if let group = role?["apiGroup"]?.scalarText, let kind = role?["kind"]?.scalarText {
        roleRef = KindSelector(group: group, kind: kind)
      } else {
        roleRef = nil
      }
    }

    /// Whether writing would change anything.
    func changes(_ node: Node) throws -> Bool {
      var copy = node
      try write(&copy)
      return copy != node
    }

    func write(_ node: inout Node) throws {
      switch node.value {
      case .null: return
      case .mapping: try writeMapping(&node)
      case .sequence(var nodes):
        for position in nodes.indices {
          switch nodes[position].value {
          case .null: continue
          case .mapping: try writeMapping(&nodes[position])
          case .sequence: throw FieldError(message: "expected a name or a mapping", mark: nodes[position].mark)
          default: try writeScalar(&nodes[position])
          }
        }
        node.value = .sequence(nodes)
      default: try writeScalar(&node)
      }
    }

    private func writeScalar(_ node: inout Node) throws {
      guard let text = node.scalarText, let referral = try select(text, among: nil, comparesNamespaces: false),
        referral.name != text
      else { return }
      node = node.replacingScalar(by: referral.name, as: .untyped)
    }

    private func writeMapping(_ node: inout Node) throws {
      guard let nameNode = node["name"] else {
        throw FieldError(message: "the mapping has no 'name'", mark: node.mark)
      }
      let name = nameNode.scalarText ?? nameNode.spelling ?? (nameNode.isNull ? "null" : "")
      let namespace = node["namespace"].map { $0.scalarText ?? "" }
      guard let referral = try select(name, among: namespace, comparesNamespaces: true),
        referral.name != name || !referral.namespace.isEmpty
      else { return }
      node["name"] = nameNode.replacingScalar(by: referral.name, as: .untyped)
      if !referral.namespace.isEmpty {
        node["namespace"] = (node["namespace"] ?? .null).replacingScalar(by: referral.namespace, as: .untyped)
      }
    }

    private func select(_ name: String, among namespace: String?, comparesNamespaces: Bool) throws -> Resource? {
      var found = candidates.formerly(named: name, for: referrer)
      if found.isEmpty { return nil }
      found = found.filter { candidate in
        candidate.previousIDs.contains { target.selects($0.gvk) }
          && (roleRef.map { role in candidate.previousIDs.contains { role.selects($0.gvk) } } ?? true)
          && referrer.isInReach(candidate)
      }
      if let namespace { found = restrict(found, to: namespace) }
      if found.count == 1 { return found[0] }
      found = found.filter { sharesAffixes($0, emptyMatchesAll: true) }
      if found.count > 1 { found = found.filter { sharesAffixes($0, emptyMatchesAll: false) } }
      guard let first = found.first else { return nil }
      let areSame = found.allSatisfy {
        $0.name == first.name && (!comparesNamespaces || $0.namespace == first.namespace)
      }
      if areSame { return first }
      let resource = referrer.resource
      throw Diagnostic(
        "kustomize.ambiguous-reference",
        "'\(path)' of \(resource.id) names '\(name)', which is more than one resource now",
        at: resource.origin, notes: found.map { .init("it could be \($0.id)", at: $0.origin) })
    }

    /// A map's own namespace limits the candidates: by the original namespace if any there had it, else by the current.
    private func restrict(_ found: [Resource], to namespace: String) -> [Resource] {
      let hadIt = candidates.resources.contains { candidate in
        referrer.mayReferTo(candidate) && candidate.originalID.effectiveNamespace == namespace
      }
      return found.filter { candidate in
        (hadIt ? candidate.originalID : candidate.id).effectiveNamespace == namespace
      }
    }

    private func sharesAffixes(_ candidate: Resource, emptyMatchesAll: Bool) -> Bool {
      sameEnding(candidate.prefixes, referrer.resource.prefixes, emptyMatchesAll)
        && sameEnding(candidate.suffixes, referrer.resource.suffixes, emptyMatchesAll)
    }

    private func sameEnding(_ a: [String], _ b: [String], _ emptyMatchesAll: Bool) -> Bool {
      if a.isEmpty || b.isEmpty { return emptyMatchesAll || a.isEmpty == b.isEmpty }
      return zip(a.reversed(), b.reversed()).allSatisfy { $0 == $1 }
    }
  }
}
