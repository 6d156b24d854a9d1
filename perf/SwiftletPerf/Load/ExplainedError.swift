// SPDX-License-Identifier: Apache-2.0

internal import SwiftletClient

extension ConnectError {
  /// What it says, and which option may be meant to do something about it.
  var explained: String {
    guard case .tls(_, .certificate(let fault)) = self else { return description }
    let unchecked = "--insecure measures without the check"
    return switch fault {
    case .selfSigned, .unknownIssuer: "\(self): --ca FILE says whom to trust, \(unchecked)"
    case .expired, .notYetValid, .wrongHost, .other: "\(self); \(unchecked)"
    }
  }
}
