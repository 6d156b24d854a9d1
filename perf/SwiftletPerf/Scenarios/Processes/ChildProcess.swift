// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import SwiftletServer

/// A process that runs this command's own program and takes and gives lines.
final class ChildProcess: Sendable {
  private let pid: pid_t
  /// Its standard input.
  private let input: Int32
  /// Of its standard output, until that ends.
  let lines: AsyncStream<String>

  /// Throws an errno.
  init(arguments: [String]) throws(SystemError) {
    // What is written to one that has ended is no reason to end.
    signal(SIGPIPE, SIG_IGN)
    let (input, output) = (try Pipe(), try Pipe())
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, input.readEnd, STDIN_FILENO)
    posix_spawn_file_actions_adddup2(&actions, output.writeEnd, STDOUT_FILENO)
    let texts = ([CommandLine.arguments[0]] + arguments).map { strdup($0) } + [nil]
    defer { for text in texts { free(text) } }
    var pid = pid_t()
    let status = posix_spawn(&pid, "/proc/self/exe", &actions, nil, texts, environ)
    close(input.readEnd)
    close(output.writeEnd)
    guard status == 0 else {
      close(input.writeEnd)
      close(output.readEnd)
      throw SystemError(status)
    }
    self.pid = pid
    self.input = input.writeEnd
    let (lines, continuation) = AsyncStream.makeStream(of: String.self)
    self.lines = lines
    startThread("swl-child") { [end = output.readEnd] in
      readLines(from: end) { continuation.yield($0) }
      close(end)
      continuation.finish()
    }
  }

  /// Ends it if it has not ended, which it does when nobody speaks to it any more.
  deinit {
    close(input)
    var status: Int32 = 0
    guard waitpid(pid, &status, WNOHANG) == 0 else { return }
    kill(pid, SIGTERM)
    waitpid(pid, &status, 0)
  }

  func send(_ line: String) { writeLine(line, to: input) }
}

/// Both ends are closed in processes that are started.
private struct Pipe {
  let readEnd: Int32
  let writeEnd: Int32

  init() throws(SystemError) {
    var ends: (Int32, Int32) = (-1, -1)
    let status = withUnsafeMutableBytes(of: &ends) {
      pipe($0.assumingMemoryBound(to: Int32.self).baseAddress)
    }
    guard status == 0 else { throw SystemError(errno) }
    (readEnd, writeEnd) = ends
    for end in [readEnd, writeEnd] { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
  }
}

struct SystemError: Error, CustomStringConvertible {
  private let number: Int32

  init(_ number: Int32) { self.number = number }

  var description: String { String(cString: strerror(number)) }
}

/// Writes it whole, unless nobody reads any more: whose silence is noticed.
func writeLine(_ line: String, to descriptor: Int32) {
  var rest = Array(line.utf8)[...] + [UInt8(ascii: "\n")]
  while !rest.isEmpty {
    let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
    guard count > 0 else { return }
    rest = rest.dropFirst(count)
  }
}

/// Until the end.
func readLines(from descriptor: Int32, _ body: (String) -> Void) {
  var line: [UInt8] = []
  var buffer = [UInt8](repeating: 0, count: 64 << 10)
  while true {
    let count = read(descriptor, &buffer, buffer.count)
    if count < 0, errno == EINTR { continue }
    guard count > 0 else { return }
    for byte in buffer[..<count] {
      if byte == UInt8(ascii: "\n") {
        body(String(decoding: line, as: UTF8.self))
        line.removeAll(keepingCapacity: true)
      } else {
        line.append(byte)
      }
    }
  }
}
