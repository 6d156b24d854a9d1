// SPDX-License-Identifier: Apache-2.0

import Glibc

/// The memory this process may use, in bytes: the machine's, or less where its control group has a limit.
func availableMemory() -> Int {
  let machine = sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE))
  // Of version 2 and of version 1. A process sees its own group there where it runs in a container.
  let limits = ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"]
  return limits.compactMap(number(in:)).reduce(machine, min)
}

/// Nil where there is no such file, or no number in it: "max" is no limit.
private func number(in path: String) -> Int? {
  guard let file = fopen(path, "re") else { return nil }
  defer { fclose(file) }
  return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 32) { line in
    guard fgets(line.baseAddress, 32, file) != nil else { return nil }
    return Int(String(cString: line.baseAddress!).prefix { $0.isNumber })
  }
}
