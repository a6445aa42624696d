import Fleet
import Manifest

/// The values of a run's arguments.
struct AnalysisArguments {
  /// The values that came from Secrets; shown as `*****`.
  struct Hidden {
    fileprivate var texts: [String] = []

    func masked(_ text: String) -> String {
      texts.reduce(text) { $0.replacing($1, with: "*****") }
    }

    func masked(_ measurement: Measurement) -> Measurement {
      guard !texts.isEmpty else { return measurement }
      var measurement = measurement
      measurement.message = masked(measurement.message)
      measurement.value = masked(measurement.value)
      measurement.metadata = measurement.metadata.mapValues(masked)
      return measurement
    }
  }

  private let args: [AnalysisArgument]

  /// - Throws: ``ArgumentProblem`` for an argument without a value.
  init(_ args: [AnalysisArgument]) throws {
    for argument in args {
      switch argument.source {
      case .value, .secret: break
      case .none, .field:
        throw ArgumentProblem(message: "argument \"\(argument.name)\" was not supplied", mark: argument.mark)
      }
    }
    self.args = args
  }

  /// Secrets stand as a word of ours: enough to see whether the rest is right.
  var withPlaceholders: [String: String] {
    var values: [String: String] = [:]
    for argument in args {
      if case .value(let value) = argument.source {
        values[argument.name] = value
      } else {
        values[argument.name] = "secret"
      }
    }
    return values
  }

  /// - Throws: what `secrets` throws.
  func resolved(by secrets: SecretLookup) async throws -> (values: [String: String], hidden: Hidden) {
    var values: [String: String] = [:]
    var hidden = Hidden()
    for argument in args {
      switch argument.source {
      case .value(let value): values[argument.name] = value
      case .secret(let name, let key):
        let secret = try await secrets(name, key).reveal()
        values[argument.name] = secret
        if !secret.isEmpty { hidden.texts.append(secret) }
      case .none, .field: break
      }
    }
    // Longer ones first, so that one inside of another leaves nothing of it.
    hidden.texts.sort { $0.utf8.count > $1.utf8.count }
    return (values, hidden)
  }
}
