import Manifest

/// How a Pod's state is told in a word.
enum PodCells {
  private static func statuses(_ pod: Mapping) -> [Node] { pod["status"]?["containerStatuses"]?.sequence ?? [] }

  static func ready(_ pod: Mapping) -> String {
    let ready = statuses(pod).filter { $0["ready"]?.bool == true }.count
    return "\(ready)/\(pod["spec"]?["containers"]?.sequence?.count ?? 0)"
  }

  static func restarts(_ pod: Mapping) -> String {
    String(statuses(pod).compactMap { $0["restartCount"]?.int }.reduce(0) { $0 &+ $1 })
  }

  /// The reason of a container that waits or has ended, else the phase.
  static func status(_ pod: Mapping) -> String {
    if pod["metadata"]?["deletionTimestamp"] != nil { return "Terminating" }
    for status in statuses(pod) {
      let state = status["state"]
      if let reason = state?["waiting"]?["reason"]?.string ?? state?["terminated"]?["reason"]?.string { return reason }
    }
    return pod["status"]?["reason"]?.string ?? pod["status"]?["phase"]?.string ?? ""
  }
}

/// How far a Job is.
enum JobCells {
  static func isTrue(_ object: Mapping, _ type: String) -> Bool {
    (object["status"]?["conditions"]?.sequence ?? []).contains {
      $0["type"]?.string == type && $0["status"]?.string == "True"
    }
  }

  static func status(_ job: Mapping) -> String {
    ["Complete", "Failed", "Suspended"].first { isTrue(job, $0) } ?? "Running"
  }

  static func completions(_ job: Mapping) -> String {
    "\(job["status"]?["succeeded"]?.int ?? 0)/\(job["spec"]?["completions"]?.int ?? 1)"
  }

  static func duration(_ job: Mapping, _ now: Moment) -> String {
    guard let start = job["status"]?["startTime"] else { return "" }
    let end = job["status"]?["completionTime"]?.string.flatMap { Moment(rfc3339: $0) } ?? now
    return Age.text(since: start, end)
  }
}

/// How Services and Ingresses tell where they are reached.
enum ServiceCells {
  static func balancerAddress(_ object: Mapping) -> String {
    (object["status"]?["loadBalancer"]?["ingress"]?.sequence ?? [])
      .compactMap { $0["ip"]?.string ?? $0["hostname"]?.string }.joined(separator: ",")
  }

  static func externalAddress(_ service: Mapping) -> String {
    let spec = service["spec"]
    switch spec?["type"]?.string {
    case "ExternalName": return spec?["externalName"]?.string ?? ""
    case "LoadBalancer":
      let address = balancerAddress(service)
      return address.isEmpty ? "<pending>" : address
    default:
      let external = (spec?["externalIPs"]?.sequence ?? []).compactMap(\.string)
      return external.isEmpty ? "<none>" : external.joined(separator: ",")
    }
  }

  static func ports(_ service: Mapping) -> String {
    let ports = (service["spec"]?["ports"]?.sequence ?? []).map { port in
      let node = port["nodePort"]?.int.map { ":\($0)" } ?? ""
      return "\(port["port"]?.int ?? 0)\(node)/\(port["protocol"]?.string ?? "TCP")"
    }
    return ports.isEmpty ? "<none>" : ports.joined(separator: ",")
  }

  static func hosts(_ ingress: Mapping) -> String {
    let hosts = (ingress["spec"]?["rules"]?.sequence ?? []).compactMap { $0["host"]?.string }
    return hosts.isEmpty ? "*" : hosts.joined(separator: ",")
  }
}
