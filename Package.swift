// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0

import PackageDescription

/// Warnings fail the build of our own targets; a package that depends on this one is not held to it.
let swift: [SwiftSetting] = [
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
]

let c: [CSetting] = [
  .treatAllWarnings(as: .error),
  .define("SWL_WITH_OPENSSL", to: "1"),
  .define("SWL_WITH_DEFLATE", to: "1"),
  .define("SWL_WITH_BLAS", to: "1"),
]

let package = Package(
  name: "swiftlet",
  products: [
    .library(name: "SwiftletCore", targets: ["SwiftletCore"]),
    .library(name: "SwiftletServer", targets: ["SwiftletServer"]),
    .library(name: "SwiftletClient", targets: ["SwiftletClient"]),
    .library(name: "SwiftletMetrics", targets: ["SwiftletMetrics"]),
    .library(name: "SwiftletImages", targets: ["SwiftletImages"]),
    .library(name: "SwiftletAuthentication", targets: ["SwiftletAuthentication"]),
    .library(name: "SwiftletMessaging", targets: ["SwiftletMessaging"]),
    .library(name: "SwiftletMessagingClient", targets: ["SwiftletMessagingClient"]),
    .executable(name: "swiftlet", targets: ["swiftlet"]),
    .executable(name: "swiftlet-perf", targets: ["swiftlet-perf"]),
  ],
  traits: [
    .trait(
      name: "JWT",
      description: "JSON Web Tokens (--jwt-keys), which bring cryptography of their own to build."),
    .default(enabledTraits: ["JWT"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
    .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
    .package(url: "https://github.com/vapor/jwt-kit", from: "5.7.1"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.2.0"),
  ],
  targets: [
    // System libraries.
    .systemLibrary(
      name: "COpenSSL", path: "CSources/COpenSSL", pkgConfig: "openssl",
      providers: [.apt(["libssl-dev"])]),
    .systemLibrary(
      name: "COpenBLAS", path: "CSources/COpenBLAS", pkgConfig: "openblas",
      providers: [.apt(["libopenblas-serial-dev"])]),
    .systemLibrary(
      name: "CZlib", path: "CSources/CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(
      name: "CCurl", path: "CSources/CCurl", pkgConfig: "libcurl",
      providers: [.apt(["libcurl4-openssl-dev"])]),

    // The C core, and what Swift cannot import from glibc.
    .target(
      name: "CSwiftlet", dependencies: ["COpenSSL", "COpenBLAS", "CZlib"],
      path: "CSources/CSwiftlet",
      exclude: [
        "CMakeLists.txt", "Makefile", "abi", "examples", "fuzz", "swiftlet.pc.in", "tests", "tools",
      ], cSettings: c),
    .target(name: "CPlatform", path: "CSources/CPlatform", cSettings: c),
    // OpenSSL's TLS on the loop's sockets.
    .target(
      name: "CTLS", dependencies: ["COpenSSL", "CPlatform"], path: "CSources/CTLS",
      exclude: ["Makefile", "tests"], cSettings: c),
    // simdjson, which is C++, for Swift.
    .target(
      name: "CSimdjson", path: "CSources/CSimdjson", cxxSettings: [.treatAllWarnings(as: .error)],
      linkerSettings: [.linkedLibrary("simdjson")]),

    .target(
      name: "SwiftletCore", dependencies: ["CSwiftlet"], path: "Sources/SwiftletCore",
      swiftSettings: swift),
    .target(
      name: "SwiftletServer",
      dependencies: [
        "SwiftletCore", "CSwiftlet", "CPlatform", "CTLS",
        .product(name: "CoreMetrics", package: "swift-metrics"),
        .product(name: "DequeModule", package: "swift-collections"),
        .product(name: "HeapModule", package: "swift-collections"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
      ],
      path: "Sources/SwiftletServer", swiftSettings: swift),
    // Backends of swift-metrics.
    .target(
      name: "SwiftletMetrics",
      dependencies: [
        "SwiftletServer", .product(name: "CoreMetrics", package: "swift-metrics"),
      ],
      path: "Sources/SwiftletMetrics", swiftSettings: swift),
    .target(
      name: "SwiftletClient",
      dependencies: [
        "SwiftletCore", "SwiftletServer",
        .product(name: "Logging", package: "swift-log"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
      ],
      path: "Sources/SwiftletClient", swiftSettings: swift),
    .target(
      name: "SwiftletImages",
      dependencies: [
        "SwiftletCore", "SwiftletServer", "CSwiftlet", "CPlatform",
        .product(name: "Logging", package: "swift-log"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
      ],
      path: "Sources/SwiftletImages", swiftSettings: swift),
    .target(
      name: "SwiftletAuthentication",
      dependencies: [
        "SwiftletServer", "COpenSSL",
        .product(name: "JWTKit", package: "jwt-kit", condition: .when(traits: ["JWT"])),
      ],
      path: "Sources/SwiftletAuthentication", swiftSettings: swift),
    .target(
      name: "SwiftletMessaging",
      dependencies: [
        "SwiftletAuthentication", "SwiftletCore", "SwiftletServer", "CCurl", "COpenSSL",
        "CSimdjson",
        .product(name: "DequeModule", package: "swift-collections"),
        .product(name: "HeapModule", package: "swift-collections"),
        .product(name: "GRDB", package: "GRDB.swift"),
        .product(name: "GRDBSQLite", package: "GRDB.swift"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
      ],
      path: "Sources/SwiftletMessaging", swiftSettings: swift),
    .target(
      name: "SwiftletMessagingClient",
      dependencies: [
        "SwiftletClient", "SwiftletMessaging", "SwiftletServer", "SwiftletCore",
        .product(name: "DequeModule", package: "swift-collections"),
      ],
      path: "Sources/SwiftletMessagingClient", swiftSettings: swift),
    .executableTarget(
      name: "swiftlet",
      dependencies: [
        "SwiftletServer", "SwiftletMetrics", "SwiftletAuthentication", "SwiftletImages",
        "SwiftletMessaging", "CCurl",
        .product(name: "CoreMetrics", package: "swift-metrics"),
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Configuration", package: "swift-configuration"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
        .product(name: "UnixSignals", package: "swift-service-lifecycle"),
        .product(name: "SystemPackage", package: "swift-system"),
      ],
      path: "Sources/swiftlet", resources: [.embedInCode("Console/Page")], swiftSettings: swift),

    // Measuring.
    .target(name: "PureSwift", path: "perf/PureSwift", swiftSettings: swift),
    .target(
      name: "SwiftletPerf",
      dependencies: [
        "SwiftletMessaging", "SwiftletClient", "SwiftletMetrics", "SwiftletServer",
        "SwiftletCore", "CSwiftlet", "COpenSSL", "CZlib", "PureSwift",
        .product(name: "DequeModule", package: "swift-collections"),
        .product(name: "HeapModule", package: "swift-collections"),
        .product(name: "Histogram", package: "hdrhistogram-swift"),
        .product(name: "Logging", package: "swift-log"),
      ],
      path: "perf/SwiftletPerf", swiftSettings: swift),
    .executableTarget(
      name: "swiftlet-perf",
      dependencies: [
        "SwiftletPerf", "SwiftletServer", "SwiftletCore",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
      ],
      path: "perf/swiftlet-perf", swiftSettings: swift),
    .executableTarget(
      name: "store-bench", dependencies: ["SwiftletMessaging"], path: "perf/store",
      swiftSettings: swift),

    .executableTarget(
      name: "codec-check", dependencies: ["SwiftletMessaging"], path: "Tests/codec",
      swiftSettings: swift),
    .executableTarget(
      name: "conformance-client",
      dependencies: ["SwiftletClient", "SwiftletServer", "SwiftletCore"],
      path: "Tests/conformance/client", swiftSettings: swift),
    .testTarget(
      name: "SwiftletCoreTests", dependencies: ["SwiftletCore"], path: "Tests/SwiftletCoreTests",
      swiftSettings: swift),
    .target(
      name: "SwiftletTestSupport",
      dependencies: [
        "SwiftletServer", "SwiftletCore",
        .product(name: "Logging", package: "swift-log"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
        .product(name: "ServiceLifecycleTestKit", package: "swift-service-lifecycle"),
      ],
      path: "Tests/Support", swiftSettings: swift),
    .testTarget(
      name: "SwiftletServerTests",
      dependencies: [
        "SwiftletServer", "SwiftletCore", "CSwiftlet", "CZlib", "SwiftletTestSupport",
        .product(name: "Logging", package: "swift-log"),
      ],
      path: "Tests/SwiftletServerTests", swiftSettings: swift),
    .testTarget(
      name: "SwiftletMetricsTests",
      dependencies: [
        "SwiftletMetrics", "SwiftletServer", "SwiftletCore", "SwiftletTestSupport",
        .product(name: "CoreMetrics", package: "swift-metrics"),
        .product(name: "MetricsTestKit", package: "swift-metrics"),
      ],
      path: "Tests/SwiftletMetricsTests", swiftSettings: swift),
    .testTarget(
      name: "SwiftletClientTests",
      dependencies: [
        "SwiftletClient", "SwiftletServer", "SwiftletCore", "CSwiftlet", "SwiftletTestSupport",
        .product(name: "Logging", package: "swift-log"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
        .product(name: "ServiceLifecycleTestKit", package: "swift-service-lifecycle"),
      ],
      path: "Tests/SwiftletClientTests", swiftSettings: swift),
    .testTarget(
      name: "SwiftletImagesTests",
      dependencies: [
        "SwiftletImages", "SwiftletServer", "SwiftletCore", "CSwiftlet", "SwiftletTestSupport",
        .product(name: "Logging", package: "swift-log"),
      ],
      path: "Tests/SwiftletImagesTests", swiftSettings: swift),
    .testTarget(
      name: "SwiftletAuthenticationTests",
      dependencies: [
        "SwiftletAuthentication", "SwiftletServer", "SwiftletTestSupport",
        .product(name: "JWTKit", package: "jwt-kit", condition: .when(traits: ["JWT"])),
      ],
      path: "Tests/SwiftletAuthenticationTests", swiftSettings: swift),
    .testTarget(
      name: "SwiftletMessagingTests",
      dependencies: [
        "SwiftletMessaging", "SwiftletAuthentication", "SwiftletServer", "SwiftletCore",
        "SwiftletTestSupport",
        .product(name: "GRDB", package: "GRDB.swift"),
        .product(name: "Logging", package: "swift-log"),
      ],
      path: "Tests/SwiftletMessagingTests", swiftSettings: swift),
    .testTarget(
      name: "SwiftletMessagingClientTests",
      dependencies: [
        "SwiftletMessagingClient", "SwiftletMessaging", "SwiftletAuthentication", "SwiftletClient",
        "SwiftletServer",
        "SwiftletCore", "SwiftletTestSupport",
        .product(name: "Logging", package: "swift-log"),
      ],
      path: "Tests/SwiftletMessagingClientTests", swiftSettings: swift),
    .testTarget(
      name: "swiftletTests",
      dependencies: [
        "swiftlet",
        .product(name: "Logging", package: "swift-log"),
      ],
      path: "Tests/swiftletTests", swiftSettings: swift),
    .testTarget(
      name: "PureSwiftTests", dependencies: ["PureSwift", "SwiftletCore", "CSwiftlet"],
      path: "Tests/PureSwiftTests", swiftSettings: swift),
    .testTarget(
      name: "SwiftletPerfTests",
      dependencies: [
        "SwiftletPerf", "SwiftletServer", "SwiftletCore", "SwiftletTestSupport",
        .product(name: "Histogram", package: "hdrhistogram-swift"),
      ],
      path: "Tests/SwiftletPerfTests", swiftSettings: swift),
  ],
  cLanguageStandard: .c11,
  cxxLanguageStandard: .cxx17
)
