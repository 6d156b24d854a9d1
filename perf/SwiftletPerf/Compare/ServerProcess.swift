// SPDX-License-Identifier: Apache-2.0

internal import FoundationEssentials
internal import Glibc

/// A server that was started by us, with whatever it starts itself.
///
/// All of it is one process group. That group belongs to a keeper: a shell that waits for the end of a pipe whose
/// other end only we hold, and then kills the group. So nothing is left behind however we end, by a crash or
/// SIGKILL too, and the group's number is nobody else's while we may still signal it.
final class ServerProcess {
  let pid: pid_t
  private let keeper: pid_t
  private let lifeline: Int32
  /// What it writes, standard error as well: a file, since a pipe would have to be read all the time.
  private let output: Int32
  /// Of `waitpid`, once it has ended.
  private var status: Int32?
  private var isOver = false

  /// Throws a sentence. A program that does not exist is only found out by its end.
  init(_ launch: ServerSubject.Launch, command: [String]) throws {
    output = try temporaryFile()
    (keeper, lifeline) = try startKeeper()
    var words = ["env", "--chdir=\(launch.folder)", "--default-signal=PIPE"]
    words += launch.environment.map { "\($0.key)=\($0.value)" }
    if let cpus = launch.cpus { words += ["taskset", "-c", cpus] }
    do {
      pid = try spawn(words + command, group: keeper, input: nil, output: output)
    } catch {
      close(lifeline)
      close(output)
      waitpid(keeper, nil, 0)
      throw error
    }
  }

  deinit { end() }

  /// What it has written so far.
  var text: String {
    var bytes = [UInt8](repeating: 0, count: 64 << 10)
    let count = pread(output, &bytes, bytes.count, 0)
    return String(decoding: bytes.prefix(max(count, 0)), as: UTF8.self)
  }

  var isRunning: Bool {
    if status == nil {
      var status: Int32 = 0
      if waitpid(pid, &status, WNOHANG) == pid { self.status = status }
    }
    return status == nil
  }

  /// How it ended and what it wrote last, for people.
  var obituary: String {
    let lines = text.split(separator: "\n").suffix(3).joined(separator: "\n")
    let words = lines.isEmpty ? "it wrote nothing" : "it wrote last:\n\(lines)"
    guard let status else { return words }
    let signal = status & 0x7f
    return (signal == 0 ? "exit status \(status >> 8 & 0xff)" : "signal \(signal)") + ", " + words
  }

  /// Asks it to end, and kills what has not ended soon.
  func stop() async {
    kill(-keeper, SIGTERM)
    let deadline = ContinuousClock.now + .seconds(5)
    while isRunning && .now < deadline {
      // A cancelled sleep must not keep it running.
      do { try await Task.sleep(for: .milliseconds(5)) } catch { break }
    }
    end()
  }

  private func end() {
    if isOver { return }
    isOver = true
    // The keeper as well, which is not waited for before, so that the group is still ours.
    kill(-keeper, SIGKILL)
    waitpid(keeper, nil, 0)
    if isRunning {
      // It may have left the group.
      kill(pid, SIGKILL)
      var status: Int32 = 0
      waitpid(pid, &status, 0)
      self.status = status
    }
    close(lifeline)
    close(output)
  }
}

/// Starts the shell that kills its process group once we have let go of the pipe, which is returned with it.
private func startKeeper() throws -> (pid_t, Int32) {
  var ends: [Int32] = [0, 0]
  guard pipe(&ends) == 0 else { throw failure("a pipe cannot be made", errno) }
  defer { close(ends[0]) }
  for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
  do {
    let script = "trap '' HUP INT TERM; read -r _; kill -KILL 0"
    return (try spawn(["sh", "-c", script], group: 0, input: ends[0], output: nil), ends[1])
  } catch {
    close(ends[1])
    throw error
  }
}

/// Starts a program of a process group, 0 for one of its own. What it is not given is `/dev/null`.
private func spawn(
  _ words: [String], group: pid_t, input: Int32?, output: Int32?
) throws -> pid_t {
  var files = posix_spawn_file_actions_t()
  posix_spawn_file_actions_init(&files)
  defer { posix_spawn_file_actions_destroy(&files) }
  for (descriptor, given) in [
    (STDIN_FILENO, input), (STDOUT_FILENO, output), (STDERR_FILENO, output),
  ] {
    if let given {
      posix_spawn_file_actions_adddup2(&files, given, descriptor)
    } else {
      posix_spawn_file_actions_addopen(&files, descriptor, "/dev/null", O_RDWR, 0)
    }
  }
  var attributes = posix_spawnattr_t()
  posix_spawnattr_init(&attributes)
  defer { posix_spawnattr_destroy(&attributes) }
  posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))
  posix_spawnattr_setpgroup(&attributes, group)
  let arguments = words.map { strdup($0) }
  defer { for argument in arguments { free(argument) } }
  var pid: pid_t = 0
  let error = posix_spawnp(&pid, words[0], &files, &attributes, arguments + [nil], environ)
  guard error == 0 else { throw failure("\(words[0]) cannot be started", error) }
  return pid
}

/// A file that is gone once nobody has it open.
private func temporaryFile() throws -> Int32 {
  var path = Array(
    "\(FileManager.default.temporaryDirectory.path)/swiftlet-perf-XXXXXX".utf8CString)
  let file = mkstemp(&path)
  guard file >= 0 else { throw failure("a temporary file cannot be made", errno) }
  unlink(path)
  _ = fcntl(file, F_SETFD, FD_CLOEXEC)
  return file
}

private func failure(_ what: String, _ error: Int32) -> SubjectError {
  SubjectError("\(what): \(String(cString: strerror(error)))")
}
