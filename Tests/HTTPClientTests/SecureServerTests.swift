import Testing

/// One after the other: each keeps the servers' few event loops busy, and the others' deadlines would pass meanwhile.
@Suite(.serialized) enum SecureServerTests {}
