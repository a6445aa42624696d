import Manifest

/// One kustomization at work: where it is, and what led to it.
struct Layer {
  let kustomization: Kustomization
  let directory: TreePath
  /// The kustomization file, as users know it.
  let file: String
  /// Directories from the root to this one, this one included.
  let path: [TreePath]
  /// The kustomizations that led here, the nearest first.
  let chain: [Diagnostic.Note]

  func location(_ mark: SourceMark) -> SourceLocation { SourceLocation(file: file, mark: mark) }

  /// What an entry of this kustomization leads to is told to come from here.
  func chain(from mark: SourceMark) -> [Diagnostic.Note] {
    [Diagnostic.Note("named here", at: location(mark))] + chain
  }
}

/// What the layers so far have gathered.
struct Accumulation {
  var resources = ResourceSet()
  var configuration: TransformerConfiguration?
  var variables: [Variable] = []
}
