// What the program asks of MPI, and all that it knows of it: a table of calls that a library of its
// own fills in, which is loaded only where the program was started by MPI.

#pragma once

/// Changes with the table below.
#define BLOCKALS_MPI_BRIDGE_VERSION 1

/// Calls of one thread, which is always the same. Nothing waits: what takes time is tested for.
struct MPIBridgeCalls {
  int version;
  /// Joins the job; 0 where that worked.
  int (*start)(int *rank, int *rank_count);
  /// Begins to send `count` bytes, which stay as they are until the request is done; `nil` on
  /// failure.
  void *(*send)(const void *bytes, int count, int rank, int tag);
  /// Looks for a message that has come: 1 and what it is, or 0. It is then to be received.
  int (*probe)(int *rank, int *tag, int *count);
  /// Begins to receive the message that `probe` found last.
  void *(*receive)(void *bytes, int count);
  /// Whether a request is done; it is gone then.
  int (*is_done)(void *request);
  /// Ends all processes of the job with an exit status.
  void (*abort)(int status);
  /// Leaves the job, when all others do.
  void (*finish)(void);
};

/// The only symbol of the library.
#define BLOCKALS_MPI_BRIDGE_SYMBOL "blockals_mpi_bridge"

typedef const struct MPIBridgeCalls *(*MPIBridgeEntry)(void);

