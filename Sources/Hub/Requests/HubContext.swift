import Hummingbird

/// What goes along with a request.
struct HubContext: RequestContext {
  var coreContext: CoreRequestContextStorage
  /// The name of the token that was sent; empty where none is asked for.
  var holder = ""

  init(source: ApplicationRequestContextSource) { coreContext = .init(source: source) }

  /// The `{name}` of the path, decoded.
  var name: String { coreContext.parameters.get("name") ?? "" }
}
