import ArgumentParser
import Engine
import Fleet
import Foundation
import Manifest

/// `muster preview --from REV --to REV`: what a merge would do to the whole fleet, without a hub and without a cluster.
struct Preview: AsyncParsableCommand {
  enum Format: String, ExpressibleByArgument, CaseIterable { case table, markdown, json }

  static let configuration = CommandConfiguration(
    commandName: "preview",
    abstract: "Shows what a merge would do to the fleet: Applications, objects, clusters, waves, risks.",
    usage: "muster preview --from <rev> --to <rev> [--fleet <dir|url>] [<options>]",
    discussion: """
      Renders the whole fleet at two revisions of its repository. Sources that follow a branch are read at the same \
      revisions where their repository knows them; pinned ones stay. No hub and no cluster is asked.

      Exit codes: 0 no change, 1 changes, 2 the fleet at --to has errors that it has not at --from, 5 the breaker \
      would refuse.
      """)

  @Option(help: ArgumentHelp("The revision that runs now.", valueName: "rev"))
  var from: String

  @Option(help: ArgumentHelp("The revision that would be merged.", valueName: "rev"))
  var to: String

  @Option(help: ArgumentHelp("The fleet repository: a directory or a Git URL.", valueName: "dir|url"))
  var fleet = "."

  @Option(help: ArgumentHelp("Manifests that generators refer to, and repository Secrets.", valueName: "file"))
  var control: [String] = []

  @Option(name: .customLong("allow-host"), help: "Hosts that generators may ask over HTTP; all where none is named.")
  var allowedHosts: [String] = []

  @Option(
    name: .customLong("allow-remote-bases"),
    help: ArgumentHelp(
      "A host whose repositories kustomizations may name bases in, as the hub's option.", valueName: "host"))
  var baseHosts: [String] = []

  @Option(name: .shortAndLong, help: "table, markdown (for a pull request), or json.")
  var output = Format.table

  func run() async throws {
    let place = try FleetPlace(fleet)
    let objects = try InputFile.objects(control)
    let (before, after) = try await sides(place, objects)
    let preview = FleetPreview(from: before.fleet, to: after.fleet)
    let text = PreviewText(preview: preview, before: before, after: after, from: from, to: to)
    switch output {
    case .table: StandardOutput.write(Array(text.table.utf8))
    case .markdown: StandardOutput.write(Array(text.markdown.utf8))
    case .json: StandardOutput.write(JSON.write(text.json, .init(indent: 2)) + [0x0A])
    }
    try end(preview, after, text)
  }

  private func sides(
    _ place: FleetPlace, _ objects: [Node]
  ) async throws -> (before: PreviewReader.Side, after: PreviewReader.Side) {
    do {
      return try await OutsideAccess.withWorld(allowedHosts: allowedHosts, control: objects) { world, mirrors in
        let reader = PreviewReader(mirrors: mirrors, world: world, baseHosts: Set(baseHosts.map { $0.lowercased() }))
        return (
          try await reader.read(place.place, at: try await place.name(of: from), objects: objects),
          try await reader.read(place.place, at: try await place.name(of: to), objects: objects)
        )
      }
    } catch let failure as Failure {
      throw CommandError.failure(failure, exit: failure.code == "git.unreachable" ? .unreachable : .usage)
    }
  }

  private func end(_ preview: FleetPreview, _ after: PreviewReader.Side, _ text: PreviewText) throws {
    if !after.diagnostics.isEmpty { StandardError.write(Report.text(for: after.diagnostics)) }
    for failure in after.failures { StandardError.write(Report.text(for: failure)) }
    let new = text.newErrors.count + text.newFailures.count
    let old = after.diagnostics.count { $0.severity == .error } + after.failures.count - new
    if old > 0 {
      StandardError.write("\(Counted.text(old, "error")) of these \(old == 1 ? "is" : "are") in \(from) already")
    }
    if new > 0 { throw CommandError.silent(.usage) }
    if preview.isRefused { throw CommandError.silent(.breaker) }
    if !preview.isEmpty { throw CommandError.silent(.differs) }
  }
}

/// Where a fleet is, as the command line says it.
struct FleetPlace {
  let place: PreviewReader.Place
  /// The root of a repository on disk.
  private let root: String?

  init(_ text: String) throws {
    var isDirectory: ObjCBool = false
    guard FileManager.default.fileExists(atPath: text, isDirectory: &isDirectory), isDirectory.boolValue else {
      do {
        let url = try GitURL(text)
        PublicCredentials.warn(of: url)
        place = .git(url, folder: .root)
        root = nil
        return
      } catch let failure as Failure {
        throw CommandError.failure(failure, exit: .usage)
      }
    }
    let source = try SourcePlace(text)
    let path = URL(fileURLWithPath: text).path
    if ["HEAD", "objects", "refs"].allSatisfy({ FileManager.default.fileExists(atPath: path + "/" + $0) }) {
      // A bare repository.
      place = .git(try GitURL(path), folder: .root)
      root = path
    } else if source.root != "/" {
      place = .git(try GitURL(source.root), folder: source.path)
      root = source.root
    } else {
      place = .folder(path)
      root = nil
    }
  }

  /// The commit that the repository on disk means by `revision`, `HEAD~2` included; else the revision as it is.
  func name(of revision: String) async throws -> String {
    guard let root, !revision.hasPrefix("-"), revision.contains(where: { "~^@:".contains($0) }) else { return revision }
    let result = try await ProcessRunner().run(
      Command(
        .named("git"), ["-C", root, "rev-parse", "--verify", "--quiet", "--end-of-options", revision + "^{commit}"],
        environment: ProcessEnvironment.allowing(["HOME"]), deadline: .seconds(10)))
    guard result.succeeded else {
      throw CommandError.message("the repository \(root) knows no revision '\(Visible.text(revision))'", exit: .usage)
    }
    return String(decoding: result.output, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
  }
}
