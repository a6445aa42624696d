import Foundation
import Manifest
import Testing

@testable import Simulator

/// One object of each kind, applied to and created on a real API server 1.36 by dry run, and what that answered.
struct RecordedKindsTests {
  private static let cases: [Node] = {
    let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../Recordings/kinds-1.36.json")
    guard let data = try? Data(contentsOf: file), let root = try? JSON.parse(Array(data)) else { return [] }
    return root.sequence ?? []
  }()

  /// What the registry sets beyond defaults, which is not the schema's to know.
  private static let registrys: [String: [String]] = [
    "Service": ["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy", "healthCheckNodePort"],
    "Job": ["selector", "template"], "Namespace": ["finalizers"], "Pod": ["priority", "preemptionPolicy"],
    "PersistentVolumeClaim": ["storageClassName"],
  ]

  @Test func objectsOfAllKindsAreAppliedAndCreatedAsRecorded() throws {
    #expect(Self.cases.count > 30)
    for entry in Self.cases {
      let body = try #require(entry["body"]?.mapping)
      let kind = GroupVersionKind(
        apiVersion: body["apiVersion"]?.string ?? "", kind: body["kind"]?.string ?? "")
      let schema = try #require(ObjectSchema.builtIn(kind))
      let time = "2030-01-01T00:00:00Z"
      let applied = try schema.apply(body, to: nil, by: FieldWriter(manager: "muster", time: time), force: true)
      try schema.validate(applied, replacing: nil)
      compare(applied, entry["applied"], kind, "applied \(kind.kind)")
      var created = try schema.decode(body).object
      schema.fillDefaults(&created)
      schema.track(&created, replacing: nil, by: FieldWriter(manager: "python-requests", time: time))
      compare(created, entry["created"], kind, "created \(kind.kind)")
    }
  }

  private func compare(_ ours: Mapping, _ theirs: Node?, _ kind: GroupVersionKind, _ place: String) {
    let (mine, recorded) = (comparable(ours, kind), comparable(theirs?.mapping ?? Mapping(), kind))
    if mine == recorded { return }
    var lines = [place]
    differences(.mapping(mine), .mapping(recorded), "", into: &lines)
    Issue.record(Comment(rawValue: lines.joined(separator: "\n")))
  }

  private func comparable(_ object: Mapping, _ kind: GroupVersionKind) -> Mapping {
    var object = object
    object["status"] = nil
    for key in ["namespace", "uid", "generation", "creationTimestamp", "annotations", "finalizers"] {
      object["metadata"]?[key] = nil
    }
    for key in Self.registrys[kind.kind] ?? [] { object["spec"]?[key] = nil }
    // Storage forgets the difference between an empty list and none.
    if object["rules"]?.sequence?.isEmpty == true { object["rules"] = .null }
    // A Job's labels and selector are made of its uid.
    if kind.kind == "Job" { object["metadata"]?["labels"] = nil }
    if kind.kind == "Service" { object["spec"]?["ports"] = .null }
    if object["spec"]?.mapping?.isEmpty == true { object["spec"] = nil }
    if kind.kind == "Pod" { forgetAdmission(&object) }
    if let entry = object["metadata"]?["managedFields"]?[0] {
      object["metadata"]?["managedFields"] = entry["fieldsV1"]
    }
    return object
  }

  /// What admission adds to Pods: the token volume and tolerations.
  private func forgetAdmission(_ pod: inout Mapping) {
    func isOurs(_ item: Node) -> Bool {
      item["name"]?.string?.hasPrefix("kube-api-access") != true
        && item["key"]?.string?.hasPrefix("node.kubernetes.io") != true
    }
    for list in ["volumes", "tolerations"] {
      if let items = pod["spec"]?[list]?.sequence { pod["spec"]?[list] = .sequence(items.filter(isOurs)) }
    }
    for list in ["containers", "initContainers"] {
      guard let containers = pod["spec"]?[list]?.sequence else { continue }
      pod["spec"]?[list] = .sequence(
        containers.map { container in
          var container = container
          let mounts = (container["volumeMounts"]?.sequence ?? []).filter(isOurs)
          container["volumeMounts"] = mounts.isEmpty ? nil : .sequence(mounts)
          return container
        })
    }
  }

  private func differences(_ ours: Node?, _ theirs: Node?, _ path: String, into lines: inout [String]) {
    if ours == theirs { return }
    if let mine = ours?.mapping, let recorded = theirs?.mapping {
      for key in Set(mine.keys).union(recorded.keys).sorted() {
        differences(mine[key], recorded[key], "\(path).\(key)", into: &lines)
      }
    } else if let mine = ours?.sequence, let recorded = theirs?.sequence, mine.count == recorded.count {
      for (index, pair) in zip(mine, recorded).enumerated() {
        differences(pair.0, pair.1, "\(path)[\(index)]", into: &lines)
      }
    } else {
      lines.append("\(path): \(ours.map { JSON.text($0) } ?? "-") instead of \(theirs.map { JSON.text($0) } ?? "-")")
    }
  }
}
