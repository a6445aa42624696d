import Fleet
import Manifest

/// What the projects of a previewed fleet do not permit, and what lies outside of what its clusters are kept to: the
/// hub would refuse those Applications as a whole.
///
/// The same refusal of many Applications of one set is told once.
struct PreviewedRefusals {
  private struct Key: Hashable {
    var owner: String
    var code: String
    var message: String
  }

  private static let project = "project.not-permitted"
  private static let scope = "cluster.not-managed"
  /// What is not known is no refusal.
  private static let unknown = "application.unknown-cluster"

  private struct Refusal {
    var application: String
    var location: SourceLocation?
    var count: Int
  }

  /// Of one Application's objects.
  private static let mostObjects = 3

  private let governance: Governance
  private let registry: Registry
  private let sets: [String: SourceLocation]
  private var refusals: [Key: Refusal] = [:]

  init(_ content: FleetContent) {
    governance = Governance(
      projects: ProjectTable(content.projects, gaps: content.projectGaps), registry: content.registry)
    registry = content.registry
    sets = Dictionary(content.applicationSets.map { ($0.name, $0.origin) }, uniquingKeysWith: { first, _ in first })
  }

  mutating func check(_ previewed: PreviewedApplication) {
    let application = previewed.application
    guard registry.cluster(for: application.destination) != nil else { return checkApart(application, previewed) }
    if !governance.projects.isEmpty, let refusal = governance.refusal(of: application) {
      return note(Self.project, refusal, previewed)
    }
    let denials = (previewed.rendered?.objects ?? []).compactMap { object -> (code: String, message: String)? in
      if let denial = governance.scopeDenial(of: object.id, application) {
        return (Self.scope, "\(object.id): \(denial)")
      }
      return governance.denial(of: object.id, application).map { (Self.project, "\(object.id): \($0)") }
    }
    for denial in denials.prefix(Self.mostObjects) { note(denial.code, denial.message, previewed) }
    if denials.count > Self.mostObjects {
      note(Self.project, "\(denials.count - Self.mostObjects) more objects are not permitted", previewed)
    }
  }

  /// Of an Application whose cluster the fleet repository does not describe: the hub may know it all the same, so that
  /// nothing is said of it as a destination.
  private mutating func checkApart(_ application: Application, _ previewed: PreviewedApplication) {
    let destination = application.destination
    let name = Visible.text(destination.name.isEmpty ? ShownAddress.of(destination.server) : destination.name)
    note(
      Self.unknown,
      "no cluster of the fleet repository is '\(name)'; those that are only registered with the hub are not seen here",
      previewed)
    guard !governance.projects.isEmpty, let project = governance.projects[application.project] else { return }
    for denial in application.sources.compactMap({ project.permits(source: $0).denial?.message }) {
      note(Self.project, denial, previewed)
    }
  }

  private mutating func note(_ code: String, _ message: String, _ previewed: PreviewedApplication) {
    let key = Key(owner: previewed.owner ?? "/" + previewed.application.name, code: code, message: message)
    let location = previewed.owner.flatMap { sets[$0] } ?? previewed.application.origin
    let known = refusals[key] ?? Refusal(application: previewed.application.name, location: location, count: 0)
    // Told of the first by name.
    let first = min(known.application, previewed.application.name)
    refusals[key] = Refusal(application: first, location: known.location, count: known.count + 1)
  }

  /// In the order of Applications.
  var diagnostics: [Diagnostic] {
    refusals.sorted { ($0.value.application, $0.key.message) < ($1.value.application, $1.key.message) }.map {
      key, refusal in
      Diagnostic(
        key.code, severity: key.code == Self.unknown ? .warning : .error,
        "application '\(refusal.application)' \(key.code == Self.unknown ? "has no place" : "would not be synced"): \(key.message)",
        at: refusal.location,
        notes: refusal.count > 1
          ? [.init("the same goes for \(refusal.count - 1) more applications of set '\(key.owner)'", at: nil)] : [])
    }
  }
}
