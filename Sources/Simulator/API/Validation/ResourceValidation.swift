import Manifest

/// Checks what containers request and are limited to.
enum ResourceValidation {
  private static let standard: Set<String> = ["cpu", "memory", "ephemeral-storage"]

  static func check(_ resources: Node, _ field: String, _ problems: inout FieldProblems) {
    let limits = resources["limits"]?.mapping ?? Mapping()
    for limit in limits { check(limit, field + ".limits", &problems) }
    for request in resources["requests"]?.mapping ?? Mapping() {
      check(request, field + ".requests", &problems)
      guard let limit = limits[request.key]?.string, let most = Quantity(limit),
        let text = request.value.string, let wanted = Quantity(text), wanted > most
      else { continue }
      problems.invalid(
        field + ".requests", request.value, "must be less than or equal to \(request.key) limit of \(limit)")
    }
  }

  private static func check(_ amount: Mapping.Member, _ field: String, _ problems: inout FieldProblems) {
    let path = "\(field)[\(amount.key)]"
    if !standard.contains(amount.key), !amount.key.hasPrefix("hugepages-"), !amount.key.contains("/") {
      problems.invalid(path, .string(amount.key), "must be a standard resource type or fully qualified")
      problems.invalid(path, .string(amount.key), "must be a standard resource for containers")
    }
    if let text = amount.value.string, text.hasPrefix("-"), Quantity(text)?.isZero == false {
      problems.invalid(path, amount.value, "must be greater than or equal to 0")
    }
  }
}
