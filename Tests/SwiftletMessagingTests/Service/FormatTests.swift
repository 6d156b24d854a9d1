// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import SwiftletMessaging

/// What responses are encoded in.
@Suite struct FormatTests {
  private func client(_ format: NotificationFormat) -> Client {
    var settings = MessagingSettings()
    settings.notificationFormat = format
    return TestService(settings).client()
  }

  @Test(arguments: [NotificationFormat.subscription, .accept])
  func responsesAreAsTheirRequests(setting: NotificationFormat) throws {
    let client = client(setting)
    for format in [WireFormat.messagePack, .json, .json, .messagePack] {
      #expect(try client.ask("queue_list", as: format).format == format)
      #expect(try client.ask("nothing", as: format).format == format)
      client.send([0xff], format.kind)
      #expect(try client.takeResponse().format == format)
    }
  }

  @Test(arguments: WireFormat.allCases, WireFormat.allCases)
  func responsesAreAsTheFirstMessage(first: WireFormat, later: WireFormat) throws {
    let client = client(.firstMessage)
    // What cannot be decoded decides nothing.
    client.send([0xc1], later.kind)
    #expect(try client.takeResponse().format == later)
    #expect(try client.ask("nothing", as: first).format == first)
    for format in [later, first] {
      let response = try client.ask("queue_list", as: format)
      #expect(response.status == 200 && response.format == first)
      client.send([0xc1], format.kind)
      #expect(try client.takeResponse().format == first)
    }
  }

  @Test func firstMessageNeedNotBeAMap() throws {
    let client = client(.firstMessage)
    #expect(try client.ask(7, as: .messagePack).format == .messagePack)
    #expect(try client.ask("queue_list", as: .json).format == .messagePack)
  }

  @Test(arguments: WireFormat.allCases, WireFormat.allCases)
  func responsesAreAsSet(fixed: WireFormat, sent: WireFormat) throws {
    let client = client(.fixed(fixed))
    client.send([0xc1], sent.kind)
    #expect(try client.takeResponse().format == fixed)
    let response = try client.ask("queue_list", as: sent)
    #expect(response.status == 200 && response.format == fixed)
  }
}
