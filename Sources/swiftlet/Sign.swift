// SPDX-License-Identifier: Apache-2.0

public import ArgumentParser
import Foundation
import SwiftletAuthentication
public import SwiftletMessaging

/// `swiftlet sign`.
struct Sign: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Sign a permit to use a queue or another route without a token.",
    discussion: """
      For a --route it prints a URL's path and query, which lets in whoever has it until it expires. \
      What else is in the query is not signed.

      For a --queue it prints the permit as JSON. A request carries it in its headers URL-Paths, URL-Methods, URL-Expires and \
      URL-Signature, beside the X-Project-ID it was made for; whoever has it may do as it says until \
      it expires.
      """)

  @Option(help: "A file with the server's secret.")
  var signingKey: String
  @Option(help: "The project of the queue, or that whoever comes is let in for.")
  var project: String
  @Option(help: "The queue.")
  var queue: String?
  @Option(
    help: "The path of another route, such as /topics/news. --method GET is for WebSockets too.")
  var route: String?
  @Option(
    name: .customLong("path"),
    help: """
      What of the queue, may be repeated: messages, subscriptions or claims. (default: messages)
      """)
  var resources: [Permit.Resource] = []
  @Option(
    name: .customLong("method"),
    help: "What may be done, may be repeated: GET (list), POST, DELETE and others of HTTP's.")
  var methods: [HTTPMethod] = [.get]
  @Option(help: "Until when, such as 2030-01-31T12:00:00Z. (default: a day from now)")
  var expires: String?

  func run() throws {
    let now = wallClock() / 1000
    var end = UTCTime(seconds: now + 86400)
    if let expires {
      guard let time = UTCTime(iso8601: expires) else {
        throw StartFailure(
          "--expires: \"\(expires)\" is not a time such as 2030-01-31T12:00:00Z", status: EX_USAGE)
      }
      guard time.seconds > now else {
        throw StartFailure("--expires: \"\(expires)\" is over", status: EX_USAGE)
      }
      end = time
    }
    switch (queue, route) {
    case (let queue?, nil): try sign(queue: queue, until: end)
    case (nil, let route?): try sign(route: route, until: end)
    default: throw StartFailure("give one of --queue and --route", status: EX_USAGE)
    }
  }

  private func sign(queue: String, until end: UTCTime) throws(StartFailure) {
    guard
      let permit = Permit(
        queue: queue, resources: resources.isEmpty ? [.messages] : resources,
        methods: methods.map(\.rawValue), project: project, expires: end)
    else {
      throw StartFailure("--queue: no queue can have the name \"\(queue)\"", status: EX_USAGE)
    }
    print(permit.json(signedBy: try readSigningKey(signingKey)))
  }

  private func sign(route: String, until end: UTCTime) throws(StartFailure) {
    if !resources.isEmpty { throw StartFailure("--path is of a --queue", status: EX_USAGE) }
    if ["/", "/v2"].contains(route) {
      throw StartFailure(
        "--route: what is done at \(route) is signed by --queue, and a token lets in to all of it",
        status: EX_USAGE)
    }
    let permit = Permit(
      paths: [route], methods: methods.map(\.rawValue), project: project, expires: end)
    guard let url = permit.url(signedBy: try readSigningKey(signingKey)) else {
      throw StartFailure(
        "--route: \"\(route)\" is not a path such as /topics/news", status: EX_USAGE)
    }
    print(url)
  }
}

enum HTTPMethod: String, ExpressibleByArgument {
  case get = "GET"
  case head = "HEAD"
  case options = "OPTIONS"
  case post = "POST"
  case put = "PUT"
  case patch = "PATCH"
  case delete = "DELETE"
}

extension Permit.Resource: ExpressibleByArgument {}
