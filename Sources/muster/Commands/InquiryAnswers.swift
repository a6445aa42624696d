import Engine
import Fleet
import Foundation
import HTTPClient
import Manifest

/// Answers an expansion's questions as long as the command runs: Git repositories from mirrors in a temporary folder,
/// requests over HTTP.
struct InquiryAnswers {
  /// Each round may ask for what the answers of the one before named: the next page, another repository.
  private static let maximumRounds = 200
  private static let maximumBodyBytes = 16 << 20

  private let mirrors: GitMirrors
  private let transport: any Transport

  /// Runs `expand` again, with what it asked for, until it asks for nothing new.
  static func fill(
    _ inputs: inout ExpansionInputs, _ expansion: inout Expansion,
    expand: @escaping @Sendable (ExpansionInputs) -> Expansion
  ) async throws {
    guard !expansion.inquiries.isEmpty else { return }
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("muster-\(UUID().uuidString)")
    // What is left behind in a temporary folder harms nobody.
    defer { try? FileManager.default.removeItem(at: folder) }
    let answers = InquiryAnswers(
      mirrors: try GitMirrors(directory: folder.path), transport: try CurlTransport())
    for _ in 0..<maximumRounds {
      let open = expansion.inquiries.filter { !inputs.answers($0) }
      guard !open.isEmpty else { return }
      for inquiry in open.sorted() { await answers.answer(inquiry, in: &inputs) }
      // Trees are read from git's objects, which may wait.
      let known = inputs
      expansion = try await RenderThreads.shared.run { expand(known) }
    }
  }

  private func answer(_ inquiry: Inquiry, in inputs: inout ExpansionInputs) async {
    switch inquiry {
    case .repository(let url, let revision):
      inputs.repositories[inquiry] = await Self.result(inquiry) { try await tree(url, revision) }
    case .web(let request):
      inputs.answers[inquiry] = await Self.result(inquiry) { try await send(request) }
    }
  }

  private static func result<Value>(
    _ inquiry: Inquiry, _ body: () async throws -> Value
  ) async -> Result<Value, Failure> {
    do {
      return .success(try await body())
    } catch let failure as Failure {
      return .failure(failure)
    } catch {
      return .failure(
        Failure("generator.unanswered", subject: "\(inquiry)", stage: "generate", "\(error)", retry: .backOff))
    }
  }

  private func tree(_ address: String, _ revision: String) async throws -> any FileTree {
    let url = try GitURL(address)
    let resolved = try await mirrors.resolve(url, revision: revision, freshness: .now)
    return await mirrors.tree(url, at: resolved.commit)
  }

  private func send(_ request: WebInquiry) async throws -> WebAnswer {
    var headers = [HTTPHeader("Accept", "application/json"), HTTPHeader("User-Agent", "muster/" + Version.text)]
    if let token = request.token { headers.append(HTTPHeader(request.tokenHeader, token.reveal())) }
    if !request.body.isEmpty { headers.append(HTTPHeader("Content-Type", "application/json")) }
    let response = try await transport.send(
      HTTPRequest(
        method: request.method.rawValue, url: request.url, headers: headers,
        body: request.body.isEmpty ? nil : request.body,
        endpoint: HTTPEndpoint(trust: request.insecureTLS ? .insecure : .system),
        deadlines: HTTPDeadlines(firstByte: request.deadline, idle: request.deadline, total: request.deadline),
        maximumBodyBytes: Self.maximumBodyBytes))
    return WebAnswer(
      status: response.head.status, link: response.head.header("Link") ?? "", body: response.body)
  }
}
