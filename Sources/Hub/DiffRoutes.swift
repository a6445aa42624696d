import Engine
import Hummingbird
import Manifest

/// What a sync would change: asked of the cluster, written nowhere.
struct DiffRoutes: Sendable {
  private static let maximumBody = 32 << 20

  /// What no other try mends, though the hub itself tries again.
  private static let asked: Set<String> = ["git.revision-unknown", "git.revision-invalid"]

  let engine: HubEngine

  func add(to group: RouterGroup<BasicRequestContext>) {
    group.get("applications/:name/diff") { request, context in
      let revision = request.uri.queryParameters["revision"].map { String($0) }
      return await answer(context.parameters.get("name") ?? "", .revision(revision))
    }
    group.post("applications/:name/diff") { request, context in
      let buffer = try await request.body.collect(upTo: Self.maximumBody)
      let body: Node
      do throws(Diagnostic) {
        body = try JSON.parse(Array(buffer.readableBytesView), limits: TextLimits(bytes: Self.maximumBody, depth: 100))
      } catch {
        return Answer.error(.badRequest, "bad-request", "the body is not JSON: \(error.message)")
      }
      let read = ObjectReader.objects(in: body["objects"]?.sequence ?? [], file: "objects")
      guard body["objects"]?.sequence != nil, !read.diagnostics.contains(where: { $0.severity == .error }) else {
        return Answer.error(
          .badRequest, "bad-request", read.diagnostics.first?.message ?? "the body needs a list 'objects'")
      }
      return await answer(context.parameters.get("name") ?? "", .objects(read.objects))
    }
  }

  private func answer(_ name: String, _ target: HubEngine.DiffTarget) async -> Response {
    do {
      guard let answer = try await engine.diff(name, target) else {
        return Answer.error(.notFound, "not-found", "there is no such application")
      }
      return Answer.json([
        "name": .string(name), "revision": .string(answer.revision),
        "items": .sequence(answer.changes.map { Node(Self.change($0)) }),
        "conditions": .sequence(
          answer.conditions.map { Node(["type": .string($0.type), "message": .string($0.message)]) }),
      ])
    } catch let diagnostics as Diagnostics {
      let first = diagnostics.all.first
      let place = first?.location.map { $0.text + ": " } ?? ""
      return Answer.error(
        .unprocessableContent, first?.code ?? "render", place + (first?.message ?? "the source cannot be rendered"))
    } catch let failure as Failure {
      return Answer.error(
        failure.retry == .never || Self.asked.contains(failure.code) ? .unprocessableContent : .serviceUnavailable,
        failure.code, failure.message)
    } catch {
      return Answer.error(.internalServerError, "internal", "the difference cannot be told")
    }
  }

  private static func change(_ change: ObjectChange) -> Value {
    [
      "group": .string(change.id.group), "version": .string(change.version), "kind": .string(change.id.kind),
      "namespace": .string(change.id.namespace), "name": .string(change.id.name),
      "change": .string(change.kind.rawValue), "diff": .string(change.diff), "message": .string(change.message),
    ]
  }
}
