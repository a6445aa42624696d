import ArgumentParser

/// `muster appset …`: ApplicationSets.
struct AppsetCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "appset", abstract: "Works with ApplicationSets.",
    subcommands: [AppsetList.self, AppsetApprove.self, AppsetGenerate.self])
}
