// SPDX-License-Identifier: Apache-2.0

public import SwiftletAuthentication

/// Permits for queues: GET reads, POST posts, DELETE deletes.
extension Permit {
  /// What of a queue a path can name.
  public enum Resource: String, Sendable, CaseIterable {
    case messages, subscriptions, claims
  }

  /// nil when no queue can have this name.
  public init?(
    queue: String, resources: [Resource], methods: [String], project: String, expires: UTCTime
  ) {
    guard (try? checkQueueName(queue)) != nil else { return nil }
    self.init(
      paths: resources.map { "/v2/queues/\(queue)/\($0.rawValue)" }, methods: methods,
      project: project, expires: expires)
  }

  /// As the headers of a request have it; nil when they have not all of it in the right types.
  init?(_ request: Request) {
    guard case .array(let paths)? = request.headers["URL-Paths"],
      case .array(let methods)? = request.headers["URL-Methods"],
      case .string(let expires)? = request.headers["URL-Expires"],
      let time = UTCTime(iso8601: expires), let paths = Permit.strings(paths),
      let methods = Permit.strings(methods)
    else { return nil }
    self.init(paths: paths, methods: methods, project: request.project, expires: time)
  }

  private static func strings(_ values: [Value]) -> [String]? {
    var strings: [String] = []
    for value in values {
      guard case .string(let text) = value else { return nil }
      strings.append(text)
    }
    return strings
  }

  func allows(_ request: Request, at now: Milliseconds) -> Bool {
    guard now < expires.seconds * 1000, let method = request.action.signedMethod,
      methods.contains(method)
    else { return false }
    if request.action == .subscriptionUpdate { return allowsToConfirm(request) }
    let path = "/v2/queues/\(request.queue.name)/messages"
    if paths.contains(where: { $0.hasSameBytes(as: path) }) { return true }
    guard let id = request.text("message_id") else { return false }
    return paths.contains { $0.hasSameBytes(as: "\(path)/\(id)") }
  }

  /// To confirm a subscription, or to withdraw that, and to change nothing else of it.
  private func allowsToConfirm(_ request: Request) -> Bool {
    let path = Permit.confirmationPath(
      request.text("subscription_id") ?? "", request.queue.name)
    return request.flag("confirmed") != nil && request.body["ttl"] == nil
      && request.body["options"] == nil && paths.contains { $0.hasSameBytes(as: path) }
  }

  /// The permit with its signature, as JSON.
  public func json(signedBy key: SigningKey) -> String {
    let object: Value = [
      "paths": .array(paths.map { .string($0) }), "methods": .array(methods.map { .string($0) }),
      "project": .string(project), "expires": .string(expires.text),
      "signature": .string(String(decoding: key.signature(of: text), as: UTF8.self)),
    ]
    return String(decoding: WireFormat.json.encode(object), as: UTF8.self)
  }
}

extension SigningKey {
  /// Whether the request's headers are a permit for it, signed with this key.
  func hasSigned(_ request: Request, at now: Milliseconds) -> Bool {
    guard case .string(let signature)? = request.headers["URL-Signature"],
      let permit = Permit(request), permit.allows(request, at: now)
    else { return false }
    return hasSigned(permit.text, as: signature)
  }
}
