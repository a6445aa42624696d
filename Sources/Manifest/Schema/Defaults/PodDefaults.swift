/// Defaults of Pods and what they are made of.
enum PodDefaults {
  static let podSpec: DefaultRules.Rule = { spec in
    spec.fill("dnsPolicy", "ClusterFirst")
    spec.fill("restartPolicy", "Always")
    spec.fill("securityContext", [:])
    spec.fill("terminationGracePeriodSeconds", 30)
    spec.fill("schedulerName", "default-scheduler")
    // Two names for one field: whichever is given speaks for both.
    if let account = spec["serviceAccountName"] ?? spec["serviceAccount"] {
      spec["serviceAccountName"] = account
      spec["serviceAccount"] = account
    }
  }

  static let container: DefaultRules.Rule = { container in
    container.fill("imagePullPolicy", .string(pullPolicy(of: container["image"]?.string ?? "")))
    container.fill("terminationMessagePath", "/dev/termination-log")
    container.fill("terminationMessagePolicy", "File")
  }

  /// `Always` for the tag `latest`, which an image without tag and digest has.
  private static func pullPolicy(of image: String) -> String {
    if image.contains("@") { return "IfNotPresent" }
    let name = image.split(separator: "/", omittingEmptySubsequences: false).last ?? ""
    guard let colon = name.lastIndex(of: ":") else { return image.isEmpty ? "IfNotPresent" : "Always" }
    return name[name.index(after: colon)...] == "latest" ? "Always" : "IfNotPresent"
  }

  static let volume: DefaultRules.Rule = { volume in
    if volume.allSatisfy({ $0.key == "name" }) { volume["emptyDir"] = .mapping([:]) }
    if volume["image"]?.mapping != nil {
      volume.edit("image") {
        $0.fill("pullPolicy", .string(pullPolicy(of: $0["reference"]?.string ?? "")))
      }
    }
  }

  /// What only a Pod itself defaults, not a template: requests from limits, host ports.
  static let pod: DefaultRules.Rule = { pod in
    pod.edit("spec") { spec in
      let isOnHostNetwork = spec["hostNetwork"]?.bool == true
      for list in ["containers", "initContainers"] {
        spec.editItems(list) { container in
          requestLimits(&container)
          if isOnHostNetwork {
            container.editItems("ports") { port in
              if let number = port["containerPort"] { port.fill("hostPort", number.value) }
            }
          }
        }
      }
      spec.fill("enableServiceLinks", true)
    }
  }

  private static func requestLimits(_ container: inout Mapping) {
    guard let limits = container["resources"]?["limits"]?.mapping, !limits.isEmpty else { return }
    container.edit("resources") { resources in
      resources.edit("requests") { requests in
        for limit in limits { requests.fill(limit.key, limit.value.value) }
      }
    }
  }
}
