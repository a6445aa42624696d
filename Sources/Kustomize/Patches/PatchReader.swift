import Manifest

/// Reads the text of a patch, which may be objects to merge or JSON operations.
struct PatchReader {
  /// Where the kustomization names it.
  let location: SourceLocation
  /// The file whose lines the text's places are, see ``Patch``.
  let file: String
  let firstLine: UInt32

  /// - Throws: ``Diagnostic`` when it is neither, with what is wrong with the more likely one.
  func patch(_ nodes: [Node], _ text: [UInt8]) throws(Diagnostic) -> Patch.Content {
    let first = text.first { $0 != 0x20 && $0 != 0x09 && $0 != 0x0A && $0 != 0x0D }
    if nodes.first?.sequence != nil || first == UInt8(ascii: "[") { return .operations(try operations(text)) }
    do {
      let documents = try ResourceDocument.documents(of: nodes, file: file)
      if documents.isEmpty { throw Diagnostic("kustomize.empty-patch", "the patch is empty", at: location) }
      return .merge(documents)
    } catch let error as Diagnostics {
      var problem = error.all[0]
      problem.message = "the patch is neither an object nor a list of operations: " + problem.message
      problem.location = place(problem.location?.mark ?? .none)
      throw problem
    } catch let error as Diagnostic {
      throw error
    } catch {
      throw Diagnostic("kustomize.invalid-patch", "the patch cannot be read", at: location)
    }
  }

  /// Operations, by the rules of JSON, or of YAML 1.1 where the text does not begin like JSON.
  func operations(_ text: [UInt8]) throws(Diagnostic) -> JSONPatch {
    do {
      let node =
        text.first == UInt8(ascii: "[")
        ? try JSON.parse(text, file: file)
        : try YAML.parse(text, file: file, options: .init(schema: .yaml11, allowsDuplicateKeys: true)).first
      guard let node else { throw Diagnostic("kustomize.empty-patch", "the patch is empty", at: location) }
      return try JSONPatch(node)
    } catch let error as JSONPatch.Problem {
      throw Diagnostic("kustomize.invalid-patch", error.message, at: place(error.mark))
    } catch let error as Diagnostics {
      throw moved(error.all[0])
    } catch let error as Diagnostic {
      throw moved(error)
    } catch {
      throw Diagnostic("kustomize.invalid-patch", "the patch cannot be read", at: location)
    }
  }

  func moved(_ problem: Diagnostic) -> Diagnostic {
    guard problem.location?.file == file, problem.location != location else { return problem }
    var problem = problem
    problem.location = place(problem.location?.mark ?? .none)
    return problem
  }

  private func place(_ mark: SourceMark) -> SourceLocation {
    guard mark.isKnown else { return location }
    if firstLine == 0 { return SourceLocation(file: file, mark: mark) }
    return SourceLocation(file: file, mark: SourceMark(line: firstLine + mark.line - 1, column: mark.column))
  }
}
