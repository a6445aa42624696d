import Fleet

/// What is remembered of sets beyond a run of the hub.
struct SetMemory: Sendable, Equatable {
  /// By set, those that left the fleet repository among them.
  var policies: [String: SetPolicy] = [:]
  /// By Application.
  var kept: [String: KeptApplication] = [:]
}

/// What became another in a ``SetMemory``.
struct SetRecord: Sendable, Equatable {
  var policies: [String: SetPolicy] = [:]
  var kept: [String: KeptApplication] = [:]
  /// Applications that are kept no longer.
  var released: Set<String> = []

  var isEmpty: Bool { policies.isEmpty && kept.isEmpty && released.isEmpty }
}

extension Roster {
  mutating func remember(_ sets: [ApplicationSet], _ update: inout Update) {
    guard memory != nil else { return }
    for set in sets {
      let policy = SetPolicy(set)
      guard memory?.policies[set.name] != policy else { continue }
      memory?.policies[set.name] = policy
      update.record.policies[set.name] = policy
    }
  }

  mutating func keep(_ kept: KeptApplication, _ name: String, _ update: inout Update) {
    guard memory != nil, memory?.kept[name] != kept else { return }
    memory?.kept[name] = kept
    update.record.kept[name] = kept
  }

  mutating func release(_ name: String, _ update: inout Update) {
    guard memory?.kept.removeValue(forKey: name) != nil else { return }
    update.record.released.insert(name)
  }

  /// A record that could not be written is made once more with the next update.
  mutating func forget(_ record: SetRecord) {
    for (name, _) in record.policies { memory?.policies[name] = nil }
    for (name, kept) in record.kept {
      memory?.kept[name] = nil
      settled[kept.owner] = nil
    }
  }
}
