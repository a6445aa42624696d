import CCurl

/// The addresses of a name as libcurl takes them; owns the C list.
///
/// libcurl does not copy the list, and reads it only when it is next called after a transfer was added: a handle keeps
/// the one that it was given last, whatever its origin learns meanwhile.
final class AddressList {
  let list: UnsafeMutablePointer<curl_slist>?

  /// The `+` lets the entry age as others of libcurl's cache do (CURLOPT_RESOLVE(3)).
  init(host: String, port: Int, addresses: [String]) {
    let joined = addresses.map(Site.bracketed).joined(separator: ",")
    list = muster_list_append(nil, "+\(host):\(port):\(joined)")
  }

  deinit { muster_list_free(list) }
}
