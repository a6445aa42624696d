import Manifest
import Templating

extension GeneratorRun {
  /// What a plugin service answers to the generator's input.
  mutating func plugin(_ node: Node, _ mark: SourceMark) -> [ParameterSet]? {
    let input = node["input"]?["parameters"] ?? .mapping(Mapping())
    guard let inquiry = pluginInquiry(node, input, mark), let answer = answer(to: inquiry) else { return nil }
    guard (200..<300).contains(answer.status) else {
      report(
        "generator.plugin-status", "the plugin at \(inquiry.url) answered with status \(answer.status)", mark)
      return nil
    }
    guard let parameters = pluginParameters(answer.body, inquiry.url, mark) else { return nil }
    var sets: [ParameterSet] = []
    for (index, mapping) in parameters.enumerated() {
      let set = pluginSet(mapping, input, index)
      guard let filled = adding(node["values"], to: set) else { return nil }
      sets.append(filled)
    }
    return sets
  }

  private mutating func pluginInquiry(_ node: Node, _ input: Node, _ mark: SourceMark) -> WebInquiry? {
    func refuse(_ message: String, _ run: inout GeneratorRun) -> WebInquiry? {
      run.report("generator.bad-plugin", message, mark)
      return nil
    }
    let name = node["configMapRef"]?["name"]?.string ?? ""
    let data: Node
    switch configMap(name) {
    case .found(let map): data = map["data"] ?? .null
    case .missing: return refuse("there is no ConfigMap '\(DNSName.shown(name))' for the plugin", &self)
    case .unknown: return nil
    }
    guard let base = data["baseUrl"]?.string, !base.isEmpty else {
      return refuse("the ConfigMap '\(DNSName.shown(name))' has no baseUrl", &self)
    }
    if let problem = WebAddress.problem(with: base, schemes: ["https", "http"]) {
      return refuse("the plugin's baseUrl \(problem)", &self)
    }
    guard let reference = data["token"]?.string, reference.hasPrefix("$") else {
      return refuse("the plugin's token must be a reference to a Secret, such as $plugin.token", &self)
    }
    let token: Redacted<String>
    switch secret(reference: reference.dropFirst()) {
    case .found(let found): token = found
    case .missing:
      return refuse("the Secret that the plugin's token refers to does not exist, or has no such key", &self)
    case .unknown: return nil
    }
    var deadline = 30.0
    if let text = data["requestTimeout"]?.string, !text.isEmpty {
      guard let seconds = Int(text), seconds > 0 else {
        return refuse("the plugin's requestTimeout is no number of seconds", &self)
      }
      deadline = Double(min(seconds, 600))
    }
    let body: Mapping = ["applicationSetName": .string(setName), "input": .mapping(["parameters": input])]
    return WebInquiry(
      method: .post, url: Destination.normalized(server: base) + "/api/v1/getparams.execute",
      token: Redacted("Bearer " + token.reveal()), body: JSON.write(.mapping(body)), deadline: deadline)
  }

  /// `KEY` in `argocd-secret`, or `SECRET:KEY`.
  private mutating func secret(reference: Substring) -> ControlLookup<Redacted<String>> {
    let parts = reference.split(separator: ":", maxSplits: 1)
    let name = parts.count == 2 ? String(parts[0]) : "argocd-secret"
    guard let key = parts.last else { return .missing }
    let lookup = secret(name, key: String(key))
    guard case .found(let value) = lookup else { return lookup }
    let trimmed = value.reveal().split(whereSeparator: \.isWhitespace).joined(separator: " ")
    return trimmed.isEmpty ? .missing : .found(Redacted(trimmed))
  }

  /// `output.parameters` of the reply; none when it has no output.
  private mutating func pluginParameters(_ body: [UInt8], _ url: String, _ mark: SourceMark) -> [Mapping]? {
    guard let reply = try? JSON.parse(body, limits: TextLimits(bytes: 16 << 20)), reply.mapping != nil else {
      report("generator.plugin-reply", "the plugin at \(url) did not answer with a JSON object", mark)
      return nil
    }
    guard let parameters = reply["output"]?["parameters"], !parameters.isNull else { return [] }
    guard let nodes = parameters.sequence, nodes.allSatisfy({ $0.mapping != nil }) else {
      report("generator.plugin-reply", "the plugin at \(url) did not answer with a list of parameters", mark)
      return nil
    }
    return nodes.compactMap(\.mapping)
  }

  private func pluginSet(_ reply: Mapping, _ input: Node, _ index: Int) -> ParameterSet {
    var root = reply
    root["generator"] = .mapping(["input": .mapping(["parameters": input])])
    let origin = ParameterSet.Origin("answer \(index + 1) of the plugin")
    guard !isGo else { return ParameterSet(Parameters(root), origins: [origin]) }
    let flat = ParameterSet.flattened(root, numbers)
    var texts = Mapping(minimumCapacity: flat.count)
    for key in flat.keys.sorted() { texts[key] = flat[key].map(Node.string) }
    return ParameterSet(Parameters(texts), origins: [origin])
  }
}
