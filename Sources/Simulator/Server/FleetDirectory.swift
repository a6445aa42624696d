import Foundation
package import Manifest

/// The clusters that a fleet repository names, as far as a simulation needs them.
package struct FleetDirectory: Sendable {
  package struct Entry: Sendable, Equatable {
    package var name: String
    /// Set where the file says an address of this machine's loopback network; the port is 443 where it says none.
    package var address: LoopbackAddress?
    /// What an Argo CD cluster Secret gives as bearer token: the server takes it too.
    package var bearerToken: Redacted<String>?
  }

  package struct LoopbackAddress: Sendable, Equatable {
    package var host: String
    package var port: Int
  }

  private static let maximumFileSize = 4 << 20

  /// Sorted by file, then by place in the file; every name once.
  package private(set) var entries: [Entry] = []
  /// What could not be read; the rest is there.
  package private(set) var problems: [Diagnostic] = []

  /// Reads `DIRECTORY/clusters/*.yaml`: `kind: Cluster` and Argo CD cluster Secrets.
  /// - Throws: ``Failure`` `simulate.fleet` when there is no such folder.
  package init(reading directory: String) throws(Failure) {
    let folder = directory + "/clusters"
    let names: [String]
    do {
      names = try FileManager.default.contentsOfDirectory(atPath: folder)
    } catch {
      throw Failure(
        "simulate.fleet", subject: folder, stage: "read", "the folder of the clusters can not be read", retry: .never)
    }
    for name in names.sorted() where [".yaml", ".yml", ".json"].contains(where: name.hasSuffix) {
      read(folder + "/" + name)
    }
  }

  private mutating func read(_ path: String) {
    guard let data = FileManager.default.contents(atPath: path) else {
      problems.append(Diagnostic("simulate.unreadable", "the file can not be read", at: SourceLocation(file: path)))
      return
    }
    do {
      let options = YAML.Options(limits: TextLimits(bytes: Self.maximumFileSize))
      for document in try YAML.parse(Array(data), file: path, options: options) { add(document, path) }
    } catch {
      problems += error.all
    }
  }

  private mutating func add(_ document: Node, _ path: String) {
    let entry: Entry?
    switch document["kind"]?.string {
    case "Cluster": entry = Self.cluster(document)
    case "Secret": entry = Self.secret(document)
    default: entry = nil
    }
    guard let entry else { return }
    guard !entries.contains(where: { $0.name == entry.name }) else {
      problems.append(
        Diagnostic(
          "simulate.duplicate-cluster", "cluster '\(entry.name)' is there already",
          at: SourceLocation(file: path, mark: document.mark)))
      return
    }
    entries.append(entry)
  }

  private static func cluster(_ document: Node) -> Entry? {
    guard let name = document["metadata"]?["name"]?.string else { return nil }
    return Entry(name: name, address: document["spec"]?["server"]?.string.flatMap(LoopbackAddress.init))
  }

  private static func secret(_ document: Node) -> Entry? {
    guard document["metadata"]?["labels"]?["argocd.argoproj.io/secret-type"]?.string == "cluster" else { return nil }
    func value(_ key: String) -> String? {
      if let text = document["stringData"]?[key]?.string { return text }
      return document["data"]?[key]?.string.flatMap(Base64.decode).map { String(decoding: $0, as: UTF8.self) }
    }
    guard let name = value("name") ?? document["metadata"]?["name"]?.string else { return nil }
    let config = value("config").flatMap { try? JSON.parse(Array($0.utf8)) }
    return Entry(
      name: name, address: value("server").flatMap(LoopbackAddress.init),
      bearerToken: config?["bearerToken"]?.string.map { Redacted($0) })
  }
}

extension FleetDirectory.LoopbackAddress {
  /// Reads `https://127.x.y.z:PORT`; nil for every other server.
  init?(_ server: String) {
    guard server.hasPrefix("https://") else { return nil }
    let authority = server.dropFirst(8).prefix { $0 != "/" }
    let parts = authority.split(separator: ":", maxSplits: 1)
    guard let host = parts.first, host.hasPrefix("127."),
      host.split(separator: ".").compactMap({ UInt8($0) }).count == 4
    else { return nil }
    let port = parts.count > 1 ? Int(parts[1]) : 443
    guard let port, (1...65_535).contains(port) else { return nil }
    self.host = String(host)
    self.port = port
  }
}
