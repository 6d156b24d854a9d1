// SPDX-License-Identifier: Apache-2.0

extension Action {
  /// What says nothing of any project is answered to everyone.
  var needsAuthentication: Bool {
    switch self {
    case .authenticate, .ping, .health: false
    default: true
    }
  }

  /// The method a signature must allow; nil for what cannot be asked for by signature.
  var signedMethod: String? {
    switch self {
    case .messageList, .messageGet, .messageGetMany: "GET"
    case .messagePost: "POST"
    case .messageDelete, .messageDeleteMany: "DELETE"
    case .subscriptionUpdate: "PUT"
    default: nil
    }
  }
}
