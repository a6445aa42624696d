import Manifest

extension Function {
  /// Every function of Argo CD's templates by name: Go's own, Sprig's over them, Argo CD's over both.
  static let all: [String: Function] = {
    var all: [String: Function] = [:]
    let groups = [
      builtins, strings, conversions, defaults, lists, listChanges, dictionaries, arithmetic, encodings, jsonAndYAML,
      hashes, versions, regularExpressions, addresses, paths, dates, randomness, reflection, names, secrets,
      certificates,
    ]
    for function in groups.joined() { all[function.name] = function }
    return all
  }()

  static func named(_ name: String) -> Function? { all[name] }

  static func unknown(_ name: String) -> String {
    let near = NearestName.of(name, among: all.keys).map { ": did you mean '\($0)'?" } ?? ""
    return "function \"\(name.prefix(60))\" not defined\(near)"
  }
}
