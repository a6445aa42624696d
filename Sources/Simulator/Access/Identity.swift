/// Who sends a request, as authentication found.
package struct Identity: Sendable, Equatable {
  package var user: String
  package var groups: [String]
  package var uid = ""

  package static let anonymous = Identity(user: "system:anonymous", groups: ["system:unauthenticated"])
  package static let administrator = Identity(
    user: "kubernetes-admin", groups: ["system:masters", "system:authenticated"])

  package static func serviceAccount(namespace: String, name: String, uid: String) -> Identity {
    Identity(
      user: "system:serviceaccount:\(namespace):\(name)",
      groups: ["system:serviceaccounts", "system:serviceaccounts:\(namespace)", "system:authenticated"], uid: uid)
  }

  /// Members of this group may do everything, whatever the roles say.
  package var isMaster: Bool { groups.contains("system:masters") }

  package init(user: String, groups: [String], uid: String = "") {
    self.user = user
    self.groups = groups
    self.uid = uid
  }
}
