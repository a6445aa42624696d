package import Fleet
package import Manifest

/// Health as users have it: their scripts where they have one for a kind, else the checks of ours.
package struct HealthAssessment: Sendable {
  private let customizations: HealthCustomizations
  private let scripts: HealthScripts

  package init(_ customizations: HealthCustomizations, _ scripts: HealthScripts) {
    self.customizations = customizations
    self.scripts = scripts
  }

  /// Nil where nothing tells. Blocks while a script runs.
  package func report(_ object: Node, kind: GroupKind) -> HealthReport? {
    guard let script = customizations.script(for: kind) else {
      return HealthCheck.report(object, kind: kind)
    }
    return HealthCheck.deletion(object) ?? scripts.report(object, script)
  }
}
