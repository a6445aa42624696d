/// A secret value that prints as `<redacted>` wherever it is described, dumped or interpolated.
///
/// Tokens, private keys, passwords, Secret data and URLs with user info travel in it. ``reveal()`` is called only where
/// the bytes leave for their destination.
package struct Redacted<Wrapped: Sendable>: Sendable, CustomStringConvertible, CustomDebugStringConvertible,
  CustomReflectable
{
  private let wrapped: Wrapped

  package init(_ wrapped: Wrapped) { self.wrapped = wrapped }

  package func reveal() -> Wrapped { wrapped }

  package var description: String { "<redacted>" }
  package var debugDescription: String { "<redacted>" }
  package var customMirror: Mirror { Mirror(self, children: []) }
}

extension Redacted: Equatable where Wrapped: Equatable {}
extension Redacted: Hashable where Wrapped: Hashable {}
