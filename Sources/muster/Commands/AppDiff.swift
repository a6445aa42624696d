import ArgumentParser
import Engine
import Fleet
import Foundation
import Kustomize
import Manifest

/// `muster app diff`: what a sync would change in the cluster.
struct AppDiff: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "diff", abstract: "Shows what a sync would change, as unified diffs.",
    discussion: """
      The hub asks the cluster by a server-side dry run of every object; nothing is written. Secret values are never \
      shown. Exit code 1 when something would change, 0 when nothing would.
      """)

  @Argument(help: "The Application.", completion: NameCompletion.applications) var name: String
  @Option(help: "Another branch, tag or commit of the Application's repository.") var revision: String?
  @Option(help: ArgumentHelp("A checkout of the Application's repository, rendered here.", valueName: "dir"))
  var local: String?
  @OptionGroup var list: ListOptions
  @OptionGroup var hub: HubOptions

  func validate() throws {
    if revision != nil && local != nil { throw ValidationError("give either --revision or --local") }
  }

  func run() async throws {
    let client = try hub.client()
    let path = "applications/\(URLText.segment(name))"
    let answer: Node
    if let local {
      let objects = try await render(try await client.get(path), in: local)
      answer = try await client.post(path + "/diff", ["objects": .sequence(objects)])
    } else {
      answer = try await client.get(path + "/diff" + (revision.map { "?revision=" + URLText.segment($0) } ?? ""))
    }
    let items = answer["items"]?.sequence ?? []
    switch list.format {
    case .json, .yaml: print(list.text(answer) { _ in "" }, terminator: "")
    case .name: for item in items { print("\(item["change"]?.string ?? "")\t\(Self.title(item))") }
    case .table, .wide: for item in items { show(item) }
    }
    for condition in answer["conditions"]?.sequence ?? [] {
      StandardError.write(ConditionText.of(condition))
    }
    guard !items.isEmpty else { return StandardError.write("\(name): nothing would change") }
    StandardError.write(Self.summary(items, name))
    throw CommandError.silent(.differs)
  }

  private func render(_ item: Node, in directory: String) async throws -> [Node] {
    let rendering: Rendering
    do {
      let tree = try LocalFileTree(directory)
      rendering = try await CheckoutRendering(tree, named: tree.root).render(
        try CheckoutRendering.application(item), revision: item["status"]?["sync"]?["revision"]?.string)
    } catch let failure as Failure {
      throw CommandError.failure(failure, exit: .usage)
    }
    if !rendering.warnings.isEmpty { StandardError.write(Report.text(for: rendering.warnings)) }
    return try rendering.objects().map { .mapping($0.root) }
  }

  private func show(_ item: Node) {
    let change = item["change"]?.string ?? ""
    let message = item["message"]?.string ?? ""
    let note = message.isEmpty ? "" : ": " + Visible.text(message)
    print(Paint.bold("===== \(change) \(Self.title(item))\(note)"))
    for line in (item["diff"]?.string ?? "").split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
      print(Paint.diffLine(String(line)))
    }
  }

  private static func title(_ item: Node) -> String {
    guard let group = item["group"]?.string, let kind = item["kind"]?.string, let name = item["name"]?.string else {
      return ""
    }
    let id = ObjectID(group: group, kind: kind, namespace: item["namespace"]?.string ?? "", name: name)
    return Visible.text(id.description)
  }

  private static func summary(_ items: [Node], _ name: String) -> String {
    let kinds = ["create", "update", "prune", "refused"].compactMap { kind -> String? in
      let count = items.count { $0["change"]?.string == kind }
      return count == 0 ? nil : "\(count) \(kind)"
    }
    return "\(name): \(kinds.joined(separator: ", "))"
  }
}
