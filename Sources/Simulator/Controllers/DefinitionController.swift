import Manifest

/// Serves the kinds of CustomResourceDefinitions, a moment after they were made.
extension APIServer {
  mutating func definitionChanged(_ change: Change) {
    guard let definition = change.after else {
      if let gone = change.before { withdraw(gone) }
      return
    }
    if change.before == nil || change.before?["spec"] != definition["spec"] {
      schedule.add(.establish(definition: change.key.name), at: now + options.scaled(options.establishAfter))
    }
  }

  mutating func establish(definition name: String) {
    guard let definition = store.object(Self.definitions, ObjectKey(namespace: "", name: name)),
      !definition.isBeingDeleted
    else { return }
    let names = definition["spec"]?["names"]
    let now = now
    change(definition, of: Kinds.definitions, by: "kube-apiserver") { object in
      var conditions = ConditionList(object["status"]?["conditions"])
      conditions.set("NamesAccepted", "True", reason: "NoConflicts", message: "no conflicts found", at: now)
      conditions.set(
        "Established", "True", reason: "InitialNamesAccepted",
        message: "the initial names have been accepted", at: now)
      object["status"]?["conditions"] = .sequence(conditions.nodes)
      object["status"]?["acceptedNames"] = names
    }
    serve(definition)
  }

  private mutating func serve(_ definition: Mapping) {
    let types = CustomResources.types(of: definition)
    catalog.serve(types, for: CustomResources.resource(of: definition))
    for version in definition["spec"]?["versions"]?.sequence ?? [] {
      guard let type = types.first(where: { $0.version == version["name"]?.string }) else { continue }
      customSchemas[type.groupVersionKind] = ObjectSchema.custom(type.groupVersionKind, version: version)
    }
  }

  /// The instances go with their definition.
  private mutating func withdraw(_ definition: Mapping) {
    let resource = CustomResources.resource(of: definition)
    if let type = catalog.custom.first(where: { $0.groupResource == resource }) {
      for key in store[resource].keys { erase(type, key) }
    }
    watchers.endAll(of: resource)
    catalog.serve([], for: resource)
  }
}
