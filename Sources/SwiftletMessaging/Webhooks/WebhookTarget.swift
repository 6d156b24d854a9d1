// SPDX-License-Identifier: Apache-2.0

/// Where a subscription wants its messages posted, and how.
struct WebhookTarget: Sendable {
  let url: WebhookURL
  let options: Value.Map
  private let post: PostOptions

  /// nil when it is no URL of ours, or its options are not what they were when they were checked.
  init?(_ subscription: StoredSubscription) {
    guard let url = WebhookURL(subscription.subscriber),
      let options = Value.Map(packed: subscription.options),
      let post = try? PostOptions(checking: options)
    else { return nil }
    self.url = url
    self.options = options
    self.post = post
  }

  /// `message` is JSON.
  func post(_ message: [UInt8]) -> HTTPSender.Post {
    HTTPSender.Post(url: url, headers: post.headers, body: post.body(message))
  }

  /// A template may well leave out what is to be confirmed.
  func post(confirmation: [UInt8]) -> HTTPSender.Post {
    HTTPSender.Post(url: url, headers: post.headers, body: confirmation)
  }
}

extension Value.Map {
  /// A map in MessagePack, as a store keeps it.
  init?(packed: [UInt8]) {
    guard
      case .map(let map)? = try? packed.withUnsafeBytes({ try WireFormat.messagePack.decode($0) })
    else { return nil }
    self = map
  }
}

extension Notification {
  var expires: Milliseconds { message.created.after(seconds: message.ttl) }
  /// Bytes it counts as while it waits for a webhook.
  var size: Int { message.sizeForWebhooks }
  var json: [UInt8] { encoded(Style(format: .json, hasIDs: false)) }
}

extension StoredMessage {
  var sizeForWebhooks: Int { body.count + 256 }
}
