// SPDX-License-Identifier: Apache-2.0

/// How messages are posted to subscribers that are URLs.
public struct WebhookSettings: Sendable {
  /// Where they may be.
  public var addresses = AddressRule()
  /// A file of certificates in PEM that https subscribers are held against; nil is the system's.
  public var certificateAuthorities: String?
  public var connectTimeout = Duration.seconds(5)
  /// Of a whole try, connecting included.
  public var timeout = Duration.seconds(15)
  /// Tries at a time; one subscription never has two.
  public var maxUnderWay = 64
  /// Messages that wait for one subscription. Further ones are dropped.
  public var maxWaiting = 1000
  /// Bytes of messages that wait for all of them together. Further messages are dropped.
  public var maxWaitingBytes = 64 << 20
  /// How long a shutdown lets tries under way go on.
  public var drainTimeout = Duration.seconds(5)

  /// Whether nothing is posted to a URL before it has confirmed its subscription, except what it confirms
  /// with. Needs a signing key.
  public var requiresConfirmation = false

  public init() {}
}

extension WebhookSettings {
  func check(subscriber: String) throws(Answer) {
    guard let url = WebhookURL(subscriber) else { throw .invalid("The subscriber is not a URL.") }
    guard !addresses.refuses(host: url.host) else {
      throw .invalid("The subscriber is at an address that this server does not post to.")
    }
  }
}
