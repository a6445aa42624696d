import ArgumentParser
import Foundation
import Manifest

/// Names of what the hub knows, for the shell: asked for with a short deadline; who cannot be asked completes nothing.
enum NameCompletion {
  private static let deadline = Duration.milliseconds(1_500)
  private static let most = 500

  static let applications = of("applications")
  static let clusters = of("clusters")
  static let sets = of("applicationsets")
  static let tokens = of("tokens")

  private static func of(_ collection: String) -> CompletionKind {
    .custom { (arguments: [String], _: Int, prefix: String) async -> [String] in
      await names(collection, arguments).filter { $0.hasPrefix(prefix) }.prefix(most).map { $0 }
    }
  }

  private static func names(_ collection: String, _ arguments: [String]) async -> [String] {
    guard let client = try? options(arguments).client() else { return [] }
    return await withTaskGroup(of: [String].self) { group in
      group.addTask {
        let items = (try? await client.get(collection))?["items"]?.sequence ?? []
        // A name goes back into a command line.
        return items.compactMap { $0["name"]?.string }.filter { Visible.text($0) == $0 }
      }
      group.addTask {
        try? await Task.sleep(for: deadline)
        return []
      }
      let first = await group.next() ?? []
      group.cancelAll()
      return first
    }
  }

  /// The hub that the unfinished command line names; else that of the environment.
  private static func options(_ arguments: [String]) throws -> HubOptions {
    var given: [String] = []
    for option in ["--hub", "--data", "--ca"] {
      for (index, argument) in arguments.enumerated() {
        if argument == option, index + 1 < arguments.count { given += [option, arguments[index + 1]] }
        if argument.hasPrefix(option + "=") { given.append(argument) }
      }
    }
    return try HubOptions.parse(given)
  }
}
