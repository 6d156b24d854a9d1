// swift-tools-version: 6.0
// SPDX-License-Identifier: Apache-2.0
// A package of its own, so that Swiftlet itself does not depend on SwiftNIO.

import PackageDescription

let package = Package(
  name: "nio-echo",
  dependencies: [.package(url: "https://github.com/apple/swift-nio", from: "2.101.2")],
  targets: [
    .executableTarget(
      name: "nio-echo",
      dependencies: [
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOWebSocket", package: "swift-nio"),
      ])
  ]
)
