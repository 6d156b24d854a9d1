// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import SwiftletMessaging

@Suite struct AddressTests {
  @Test(arguments: [
    "0.0.0.0", "10.0.0.1", "100.64.0.1", "100.127.255.255", "127.0.0.1", "127.255.255.254",
    "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.168.0.1", "198.18.0.1",
    "224.0.0.1", "240.0.0.1", "255.255.255.255", "::", "::1", "::ffff:10.0.0.1", "::7f00:1",
    "64:ff9b::192.168.0.1", "64:ff9b:1::1", "2002:7f00:1::1", "2001:0:1::1", "fc00::1",
    "fd00:ec2::254", "fe80::1", "fec0::1", "ff02::1",
  ])
  func specialAddressIsNotAllowed(text: String) throws {
    let address = try #require(IPAddress(text))
    #expect(!AddressRule().allows(address))
    #expect(AddressRule().refuses(host: text))
  }

  @Test(arguments: [
    "1.1.1.1", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "128.0.0.1",
    "169.253.0.1", "172.15.255.255", "172.32.0.0", "192.167.255.255", "192.169.0.0",
    "223.255.255.255", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "2002:808:808::1",
    "2001:4860:4860::8888", "2606:4700::1111", "fbff::1",
  ])
  func publicAddressIsAllowed(text: String) throws {
    let address = try #require(IPAddress(text))
    #expect(AddressRule().allows(address))
    #expect(!AddressRule().refuses(host: text))
  }

  @Test func allowedNetworkIsOpen() throws {
    var rule = AddressRule()
    let areAdded = ["10.1.0.0/16", "fd00:1::/32", "192.168.1.2"].allSatisfy { rule.allow($0) }
    #expect(areAdded)
    for text in ["10.1.0.0", "10.1.255.255", "::ffff:10.1.2.3", "64:ff9b::10.1.2.3", "fd00:1::9"] {
      #expect(!rule.refuses(host: text))
    }
    #expect(!rule.refuses(host: "192.168.1.2"))
    for text in ["10.2.0.0", "10.0.255.255", "192.168.1.3", "fd00:2::9", "::1"] {
      #expect(rule.refuses(host: text))
    }
  }

  @Test func everythingCanBeOpen() throws {
    var rule = AddressRule()
    let areAdded = ["0.0.0.0/0", "::/0"].allSatisfy { rule.allow($0) }
    #expect(areAdded)
    for text in ["127.0.0.1", "::1", "10.0.0.1"] { #expect(!rule.refuses(host: text)) }
  }

  @Test func namesOfThisMachineAreKnown() {
    var rule = AddressRule()
    #expect(rule.refuses(host: "localhost") && rule.refuses(host: "a.LOCALHOST"))
    #expect(!rule.refuses(host: "localhost.example.org"))
    let isAdded = rule.allow("LocalHost")
    #expect(isAdded)
    #expect(!rule.refuses(host: "localHOST") && rule.refuses(host: "127.0.0.1"))
  }

  @Test(arguments: [
    "", "10.0.0.0/33", "::/129", "10.0.0.0/", "10.0.0.0/-1", "/8", "10.0.0", "1.2.3.4.5", "a b",
    "host/8", "http://host", "host:80", "[::1]",
  ])
  func whatIsNeitherNetworkNorHost(text: String) {
    var rule = AddressRule()
    let isAdded = rule.allow(text)
    #expect(!isAdded)
  }

  @Test(arguments: [
    ("http://h", "h", "http://h"), ("https://h:8443/p?q#f", "h", "https://h:8443"),
    ("http://user:pass@h/p", "h", "http://h"),
    ("http://[fd00::1]:81/", "fd00::1", "http://[fd00::1]:81"),
    ("http://2130706433/", "127.0.0.1", "http://127.0.0.1"),
    ("http://0x7f.1/", "127.0.0.1", "http://127.0.0.1"),
  ])
  func urlIsReadAsItIsSentTo(text: String, host: String, origin: String) throws {
    let url = try #require(WebhookURL(text))
    #expect(url.host == host && url.origin == origin)
  }

  @Test(arguments: [
    "", "http:", "http://", "h", "ftp://h", "file:///etc/passwd", "http://a b/",
    "http://h/\r\nX: y",
    "http://h:99999/", "http://[::1", "gopher://h/", "http://a@b@h/",
    "http://h/" + String(repeating: "a", count: WebhookURL.maxSize),
  ])
  func whatIsNoURL(text: String) {
    #expect(WebhookURL(text) == nil)
  }
}
