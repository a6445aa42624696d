package import Manifest

/// Fields of an object that somebody takes again and again.
package struct Contest: Sendable, Equatable {
  package var id: ObjectID
  /// ``FieldPath`` texts, sorted.
  package var fields: [String]
  /// The field managers that held them when they were repaired last, sorted; none where what was there was deleted.
  package var managers: [String]

  package init(id: ObjectID, fields: [String], managers: [String]) {
    self.id = id
    self.fields = fields
    self.managers = managers
  }

  /// For people: what happens, and how it ends.
  package var words: String {
    let who = managers.joined(separator: ", ")
    return
      "\(id): \(fields.joined(separator: ", ")) is taken again and again\(who.isEmpty ? "" : " by \(who)"), and repaired with growing pauses; to end it, stop \(who.isEmpty ? "who does it" : who), or leave the field to it with ignoreDifferences"
  }
}
