import Manifest

/// Checks Services.
enum ServiceValidation {
  private static let protocols = ["SCTP", "TCP", "UDP"]
  private static let types = ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"]

  static let service: KindRules.Rule = { object, live, problems in
    let spec = object["spec"]?.mapping ?? Mapping()
    let type = spec["type"]?.string ?? ""
    let ports = spec["ports"]?.sequence ?? []
    if ports.isEmpty, type != "ExternalName", spec["clusterIP"]?.string != "None" { problems.required("spec.ports") }
    if type == "ExternalName", spec["externalName"]?.string ?? "" == "" { problems.required("spec.externalName") }
    checkPorts(ports, &problems)
    MetadataValidation.checkLabels(spec["selector"], path: "spec.selector", into: &problems)
    if let affinity = spec["sessionAffinity"], !["ClientIP", "None"].contains(affinity.string ?? "") {
      problems.unsupported("spec.sessionAffinity", affinity, ["ClientIP", "None"])
    }
    if !types.contains(type) { problems.unsupported("spec.type", spec["type"] ?? .string(""), types) }
    checkAddress(spec, type, &problems)
    if let live { checkAddressKept(spec, live["spec"]?.mapping ?? Mapping(), &problems) }
  }

  private static func checkPorts(_ ports: [Node], _ problems: inout FieldProblems) {
    var names: Set<String> = []
    var seen: Set<String> = []
    for (index, port) in ports.enumerated() {
      let path = "spec.ports[\(index)]"
      let name = port["name"]?.string ?? ""
      if name.isEmpty {
        if ports.count > 1 { problems.required(path + ".name") }
      } else if let problem = NameRule.label.problem(name) {
        problems.invalid(path + ".name", .string(name), problem)
      } else if !names.insert(name).inserted {
        problems.duplicate(path + ".name", .string(name))
      }
      let number = port["port"]?.int ?? 0
      problems.checkPort(number, path + ".port")
      let transport = port["protocol"]?.string ?? ""
      if !protocols.contains(transport) { problems.unsupported(path + ".protocol", .string(transport), protocols) }
      checkTarget(port["targetPort"], path + ".targetPort", &problems)
      if !seen.insert("\(number)/\(transport)").inserted { problems.duplicate(path, shownPort(transport, number)) }
    }
  }

  private static func checkTarget(_ target: Node?, _ path: String, _ problems: inout FieldProblems) {
    if let number = target?.int { problems.checkPort(number, path) }
    if let name = target?.string { PortName.check(name, path, &problems) }
  }

  /// The internal form of a port, in which the server shows duplicates.
  private static func shownPort(_ transport: String, _ number: Int64) -> Node {
    .mapping([
      "Name": .string(""), "Protocol": .string(transport), "AppProtocol": .null, "Port": Node(.int(number)),
      "TargetPort": Node(.int(0)), "NodePort": Node(.int(0)),
    ])
  }

  private static func checkAddress(_ spec: Mapping, _ type: String, _ problems: inout FieldProblems) {
    guard let address = spec["clusterIP"]?.string, !address.isEmpty else { return }
    let field = "spec.clusterIPs[0]"
    if address == "None" {
      if type == "NodePort" || type == "LoadBalancer" {
        problems.invalid(field, .string(address), "may not be set to 'None' for \(type) services")
      }
    } else if !address.utf8.allSatisfy({ isAddressByte($0) }) {
      problems.invalid(field, .string(address), "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)")
    }
  }

  private static func isAddressByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
      UInt8(ascii: "A")...UInt8(ascii: "F"), UInt8(ascii: "."), UInt8(ascii: ":"):
      true
    default: false
    }
  }

  /// The address of a Service that keeps one stays.
  private static func checkAddressKept(_ spec: Mapping, _ before: Mapping, _ problems: inout FieldProblems) {
    guard spec["type"]?.string != "ExternalName", before["type"]?.string != "ExternalName" else { return }
    let (new, old) = (spec["clusterIP"]?.string ?? "", before["clusterIP"]?.string ?? "")
    if !old.isEmpty, new != old {
      problems.invalid("spec.clusterIPs[0]", .string(new), "may not change once set")
    }
  }
}

/// Names of ports (IANA service names).
enum PortName {
  static func check(_ name: String, _ path: String, _ problems: inout FieldProblems) {
    if name.utf8.count > 15 {
      problems.invalid(path, .string(name), "must be no more than 15 characters")
    } else if !name.utf8.allSatisfy({ isNameByte($0) }) {
      problems.invalid(
        path, .string(name), "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)")
    } else if !name.utf8.contains(where: { UInt8(ascii: "a")...UInt8(ascii: "z") ~= $0 }) {
      problems.invalid(path, .string(name), "must contain at least one letter (a-z)")
    }
  }

  private static func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"): true
    default: false
    }
  }
}
