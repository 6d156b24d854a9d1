// SPDX-License-Identifier: Apache-2.0

import CCurl
import Glibc

/// Sends HTTP POSTs, many at a time, by libcurl. Used by one thread, but for ``wake()``.
///
/// Connections are kept for the next post to their host. Nothing is taken from the environment, and no
/// redirect is followed: it would lead past the rule for addresses.
final class HTTPSender: @unchecked Sendable {
  struct Post: Sendable {
    var url: WebhookURL
    /// Lines such as `Name: value`.
    var headers: [String]
    var body: [UInt8]
  }

  enum Outcome: Sendable, Hashable {
    /// The response's status.
    case answered(Int)
    /// There was none. libcurl's words, without the URL.
    case failed(String)
    /// The host has addresses, but none that may be reached.
    case refused
  }

  private let multi: UnsafeMutableRawPointer
  private let settings: WebhookSettings
  private var transfers: [UnsafeMutableRawPointer: Transfer] = [:]

  private static let isReady = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

  init(_ settings: WebhookSettings) {
    guard HTTPSender.isReady, let multi = curl_multi_init() else { fatalError("out of memory") }
    self.multi = multi
    self.settings = settings
    ccurl_set_multi_number(multi, CURLMOPT_MAXCONNECTS, settings.maxUnderWay)
  }

  deinit {
    // A transfer must be gone before its handle's multi is.
    for handle in transfers.keys { curl_multi_remove_handle(multi, handle) }
    transfers = [:]
    curl_multi_cleanup(multi)
  }

  /// Posts under way.
  var count: Int { transfers.count }

  /// Begins a post; `token` comes back with its outcome.
  func send(_ post: Post, _ token: Identifier) {
    let transfer = Transfer(post, token, settings)
    transfers[transfer.handle] = transfer
    curl_multi_add_handle(multi, transfer.handle)
  }

  /// Does what there is to do, waits until there is more, for `milliseconds` or for ``wake()``, and says
  /// what has ended.
  func turn(waitingFor milliseconds: Int32) -> [(token: Identifier, outcome: Outcome)] {
    var running: Int32 = 0
    curl_multi_perform(multi, &running)
    var ended = takeEnded()
    if ended.isEmpty {
      curl_multi_poll(multi, nil, 0, milliseconds, nil)
      curl_multi_perform(multi, &running)
      ended = takeEnded()
    }
    return ended
  }

  private func takeEnded() -> [(token: Identifier, outcome: Outcome)] {
    var ended: [(token: Identifier, outcome: Outcome)] = []
    var left: Int32 = 0
    while let message = curl_multi_info_read(multi, &left) {
      guard message.pointee.msg == CURLMSG_DONE, let handle = message.pointee.easy_handle else {
        continue
      }
      let code = message.pointee.data.result
      curl_multi_remove_handle(multi, handle)
      guard let transfer = transfers.removeValue(forKey: handle) else { continue }
      ended.append((transfer.token, transfer.outcome(code)))
    }
    return ended
  }

  /// Ends the wait of ``turn(waitingFor:)``, or the next one. Called on any thread.
  func wake() { curl_multi_wakeup(multi) }
}

/// One post on its way.
private final class Transfer {
  /// Bytes of a response, head and body, beyond which the rest is not waited for.
  static let maxResponse = 65536

  let handle: UnsafeMutableRawPointer
  let token: Identifier
  /// nil where any address will do.
  private let rule: AddressRule?
  private var lines: UnsafeMutablePointer<curl_slist>?
  private var received = 0
  private var wasRefused = false

  init(_ post: HTTPSender.Post, _ token: Identifier, _ settings: WebhookSettings) {
    guard let handle = curl_easy_init() else { fatalError("out of memory") }
    self.handle = handle
    self.token = token
    rule = settings.addresses.allows(host: post.url.host) ? nil : settings.addresses
    for line in post.headers { lines = curl_slist_append(lines, line) }
    ccurl_set_text(handle, CURLOPT_URL, post.url.text)
    ccurl_set_list(handle, CURLOPT_HTTPHEADER, lines)
    ccurl_set_number(handle, CURLOPT_POST, 1)
    post.body.withUnsafeBytes { _ = ccurl_set_body(handle, $0.baseAddress, $0.count) }

    ccurl_set_text(handle, CURLOPT_PROTOCOLS_STR, WebhookURL.schemes.joined(separator: ","))
    ccurl_set_number(handle, CURLOPT_FOLLOWLOCATION, 0)
    ccurl_set_text(handle, CURLOPT_PROXY, "")
    ccurl_set_number(handle, CURLOPT_NETRC, Int(CURL_NETRC_IGNORED.rawValue))
    ccurl_set_number(handle, CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
    if let path = settings.certificateAuthorities { ccurl_set_text(handle, CURLOPT_CAINFO, path) }
    ccurl_set_number(handle, CURLOPT_CONNECTTIMEOUT_MS, settings.connectTimeout.milliseconds)
    ccurl_set_number(handle, CURLOPT_TIMEOUT_MS, settings.timeout.milliseconds)
    // A try that ends while its name is looked up does not wait for that.
    ccurl_set_number(handle, CURLOPT_QUICK_EXIT, 1)
    // Timeouts without signals; SIGPIPE is blocked on the thread instead.
    ccurl_set_number(handle, CURLOPT_NOSIGNAL, 1)

    let context = Unmanaged.passUnretained(self).toOpaque()
    ccurl_set_receive(
      handle,
      { _, size, count, context in
        Transfer.of(context).receive(size * count) ? size * count : 0
      }, context)
    ccurl_set_open_socket(
      handle,
      { context, _, address in
        guard let address else { return CURL_SOCKET_BAD }
        return Transfer.of(context).openSocket(address)
      }, context)
  }

  deinit {
    curl_easy_cleanup(handle)
    curl_slist_free_all(lines)
  }

  private static func of(_ context: UnsafeMutableRawPointer?) -> Transfer {
    Unmanaged<Transfer>.fromOpaque(context!).takeUnretainedValue()
  }

  private func receive(_ count: Int) -> Bool {
    received += count
    return received <= Transfer.maxResponse
  }

  /// Every socket passes here with the address that it will be connected to, whatever the name resolved
  /// to before.
  private func openSocket(_ address: UnsafeMutablePointer<curl_sockaddr>) -> curl_socket_t {
    let offset = MemoryLayout<curl_sockaddr>.offset(of: \.addr)!
    let target = (UnsafeRawPointer(address) + offset).assumingMemoryBound(to: sockaddr.self)
    if let rule {
      guard let ip = IPAddress(target), rule.allows(ip) else {
        wasRefused = true
        return CURL_SOCKET_BAD
      }
    }
    return socket(
      address.pointee.family, address.pointee.socktype | Int32(SOCK_CLOEXEC.rawValue),
      address.pointee.protocol)
  }

  func outcome(_ code: CURLcode) -> HTTPSender.Outcome {
    var status = 0
    ccurl_get_number(handle, CURLINFO_RESPONSE_CODE, &status)
    // Also where the rest of the response was too much, or did not come.
    if status >= 200 { return .answered(status) }
    if wasRefused { return .refused }
    return .failed(String(cString: curl_easy_strerror(code)))
  }
}

extension Duration {
  fileprivate var milliseconds: Int {
    Int(components.seconds) * 1000 + Int(components.attoseconds / 1_000_000_000_000_000)
  }
}
