// SPDX-License-Identifier: Apache-2.0

import SwiftletAuthentication
import Testing

@testable import SwiftletMessaging

@Suite struct QueuePermitTests {
  @Test func permitIsPrintedWithItsSignature() throws {
    let key = try #require(SigningKey(Array("secret".utf8)))
    let permit = try #require(
      Permit(
        queue: "myqueue", resources: [.messages, .claims], methods: ["POST", "DELETE", "GET"],
        project: "superproject", expires: UTCTime(iso8601: "2035-08-05T15:16:33")!))
    #expect(
      try WireFormat.json.decode(permit.json(signedBy: key)) == [
        "paths": ["/v2/queues/myqueue/messages", "/v2/queues/myqueue/claims"],
        "methods": ["POST", "DELETE", "GET"], "project": "superproject",
        "expires": "2035-08-05T15:16:33",
        "signature": "f8298441055362bfcc6b4e68db4ea6912c59770bc4bf712df1811229cebe516e",
      ])
  }

  @Test func noPermitIsForAQueueThatCannotBe() {
    #expect(
      Permit(
        queue: "a/b", resources: [], methods: [], project: "p", expires: UTCTime(seconds: 0)) == nil
    )
  }
}
