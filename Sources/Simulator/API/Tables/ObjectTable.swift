import Manifest

/// What `kubectl get` shows: rows that the server makes of objects.
///
/// Source: `meta.k8s.io/v1 Table`; the columns are those of Kubernetes 1.36.
enum ObjectTable {
  struct Column: Sendable {
    var name: String
    var type = "string"
    var format = ""
    /// 1 for columns that only `-o wide` shows.
    var priority: Int64 = 0
    var cell: @Sendable (Mapping, Moment) -> Node
  }

  /// - Parameter printerColumns: `additionalPrinterColumns` of a custom resource.
  static func table(
    of objects: [Mapping], kind: GroupVersionKind, printerColumns: Node?, resourceVersion: String, now: Moment
  ) -> Mapping {
    let columns = [name] + (TableColumns.byKind[kind.groupKind] ?? PrinterColumns.columns(printerColumns))
    return [
      "kind": .string("Table"), "apiVersion": .string("meta.k8s.io/v1"),
      "metadata": .mapping(["resourceVersion": .string(resourceVersion)]),
      "columnDefinitions": .sequence(columns.map(\.definition)),
      "rows": .sequence(objects.map { row($0, columns, now) }),
    ]
  }

  private static func row(_ object: Mapping, _ columns: [Column], _ now: Moment) -> Node {
    .mapping([
      "cells": .sequence(columns.map { $0.cell(object, now) }),
      "object": .mapping([
        "kind": .string("PartialObjectMetadata"), "apiVersion": .string("meta.k8s.io/v1"),
        "metadata": object["metadata"] ?? .mapping([:]),
      ]),
    ])
  }

  private static let name = Column(name: "Name", format: "name") { object, _ in
    object["metadata"]?["name"] ?? .string("")
  }

  static let age = Column(name: "Age") { object, now in
    .string(Age.text(since: object["metadata"]?["creationTimestamp"], now))
  }
}

extension ObjectTable.Column {
  fileprivate var definition: Node {
    .mapping([
      "name": .string(name), "type": .string(type), "format": .string(format), "description": .string(""),
      "priority": Node(.int(priority)),
    ])
  }
}

/// Ages as people read them: `5s`, `3m20s`, `4h`, `2d`.
enum Age {
  static func text(since time: Node?, _ now: Moment) -> String {
    guard let text = time?.string, let moment = Moment(rfc3339: text) else { return "<unknown>" }
    return self.text(seconds: (now.milliseconds - moment.milliseconds) / 1000)
  }

  /// Source: apimachinery's `duration.HumanDuration`.
  static func text(seconds: Int64) -> String {
    if seconds < 0 { return "<invalid>" }
    if seconds < 120 { return "\(seconds)s" }
    let (minutes, hours) = (seconds / 60, seconds / 3600)
    if minutes < 10 { return pair(minutes, "m", seconds % 60, "s") }
    if minutes < 180 { return "\(minutes)m" }
    if hours < 8 { return pair(hours, "h", minutes % 60, "m") }
    if hours < 48 { return "\(hours)h" }
    let days = hours / 24
    if days < 8 { return pair(days, "d", hours % 24, "h") }
    if days < 730 { return "\(days)d" }
    return days < 2920 ? pair(days / 365, "y", days % 365, "d") : "\(days / 365)y"
  }

  private static func pair(_ first: Int64, _ unit: String, _ second: Int64, _ small: String) -> String {
    second == 0 ? "\(first)\(unit)" : "\(first)\(unit)\(second)\(small)"
  }
}
