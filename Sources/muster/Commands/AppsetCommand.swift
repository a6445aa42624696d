import ArgumentParser

/// `muster appset …`: ApplicationSets.
struct AppsetCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "appset", abstract: "ApplicationSets: list, look at, try out, agree to removals.",
    subcommands: [
      AppsetList.self, AppsetGet.self, AppsetExplain.self, AppsetApprove.self, AppsetRollback.self,
      AppsetGenerate.self,
    ])
}
