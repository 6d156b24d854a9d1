// SPDX-License-Identifier: Apache-2.0

import SwiftletMessaging

/// A request on its way to its response.
struct Call: Sendable {
  /// Sent with the request; a server that repeats it proves that the response is this one's.
  let id: Int64
  let action: String
  let bytes: [UInt8]
  /// Whether it means nothing to the next connection.
  let isOfConnection: Bool
  /// Called where responses are received, before what comes behind this one is looked at.
  let finish: @Sendable (Result<Response, any Error>) -> Void
}

/// What a request was answered with.
struct Response: Sendable {
  let status: Int
  let body: Value
}
