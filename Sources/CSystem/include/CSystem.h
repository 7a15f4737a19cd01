// Calls that Swift's Glibc overlay does not import: variadic, macro-only or guarded by _GNU_SOURCE.
// Nothing here decides anything.
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "KernelArguments.h"
#include "MPIBridge.h"

/// renameat2(2) with RENAME_NOREPLACE. Returns 0, or -1 with errno.
int csystem_rename_new(int from_directory, const char *from, int to_directory, const char *to);

/// openat(2) with a mode, for callers that cannot pass variadic arguments.
int csystem_open(int directory, const char *path, int flags, unsigned mode);

/// Runs a command by /bin/sh, in a process group of its own, with default signals and without input.
/// `output` is the end of a pipe that its output comes through. Returns 0, or an error number.
int csystem_run_shell(const char *command, int *output, int *process);

/// The arguments that the process was started with, the program's name first, up to a null pointer;
/// null where the C library does not hand them over. (Swift reads them from /proc, which may not be
/// there.)
char *const *csystem_arguments(void);

/// The terminal's width in columns, or 0 where `fd` is no terminal.
int csystem_terminal_columns(int fd);

/// The cores that this process may run on, at least 1.
int csystem_usable_cores(void);

/// Whether this CPU and kernel run x86-64-v3 code (AVX2 with FMA); always 0 elsewhere.
int csystem_cpu_has_avx2_fma(void);

/// Whether this CPU and kernel run x86-64-v4 code (AVX-512 F, BW, CD, DQ, VL); always 0 elsewhere.
int csystem_cpu_has_avx512(void);

/// Has all threads share one heap, so that what one has freed serves the others. Only threads that
/// have asked for no memory yet are bound by it. Nothing where the C library is not GNU's.
void csystem_share_heap(void);

/// Gives whole pages of freed memory back to the system, also from the middle of the heap.
void csystem_return_freed_memory(void);

/// Asks for the cache line at `address`, to be read soon and several times.
static inline void csystem_prefetch(const void *address) { __builtin_prefetch(address, 0, 3); }

/// One rating, in the order in which stochastic gradient descent takes it. (Here, because the loops
/// that read it are compiled once per instruction set, and must agree on the type.)
typedef struct {
  uint32_t user;
  uint32_t item;
  float value;
} StochasticRating;

/// How a row steps, with its factors and with its bias: the learning rate η, and 1 − η·λ·s/n, what
/// is left of them after one rating's share of the penalty.
typedef struct {
  float rate;
  float decay;
  float bias_rate;
  float bias_decay;
} StochasticPace;

/// What the steps through a cell of the grid share.
typedef struct {
  float *users;
  float *items;
  /// Floats from row to row, on both sides.
  long stride;
  /// Where a row holds its bias; −1 without biases.
  long bias_lane;
  float mean;
  const StochasticPace *user_paces;
  const StochasticPace *item_paces;
} StochasticCell;
