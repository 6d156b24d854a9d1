// SPDX-License-Identifier: Apache-2.0

import SwiftletAuthentication
import Testing

@testable import SwiftletMessaging

@Suite struct ControlTests {
  @Test(arguments: WireFormat.allCases)
  func pingAndHealthNeedNothing(format: WireFormat) throws {
    for authentication in [nil, Authentication()] {
      let client = TestService(authentication: authentication).client(format)
      let ping = try client.ask(["action": "ping"])
      #expect(ping.status == 200 && ping.body == ["message": "pong"])
      let health = try client.ask(["action": "health", "id": 7])
      #expect(health.status == 200 && health.body == ["storage_reachable": true])
      #expect(health.envelope["id"] == 7)
    }
  }
}
