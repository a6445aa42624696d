// Limits of other processes, which Swift's module of the C library leaves out.
#ifndef MUSTER_CLIMITS_H
#define MUSTER_CLIMITS_H

#include <stdint.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

static inline int muster_limit(pid_t process, int resource, uint64_t amount) {
  const struct {
    uint64_t soft;
    uint64_t hard;
  } limit = {amount, amount};
  return (int)syscall(SYS_prlimit64, process, resource, &limit, (void *)0);
}

/// Bounds the data segment and heap of a process; -1 and `errno` where that cannot be done.
static inline int muster_limit_data(pid_t process, uint64_t bytes) { return muster_limit(process, RLIMIT_DATA, bytes); }

/// Bounds the files that a process may write.
static inline int muster_limit_file_size(pid_t process, uint64_t bytes) {
  return muster_limit(process, RLIMIT_FSIZE, bytes);
}

#endif
