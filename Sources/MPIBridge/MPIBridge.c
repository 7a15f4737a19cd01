// The only code that knows MPI. Built by `make mpi`, with the MPI of the site:
//   mpicc -DMPI -O2 -shared -fPIC -I Sources/CSystem/include -o libblockals-mpi.so
//     Sources/MPIBridge/MPIBridge.c
// or by SwiftPM with the trait MPI, as libMPIBridge.so, which needs Swift's library too.

#ifdef MPI
#include <mpi.h>
#include <stdlib.h>

#include "MPIBridge.h"

static MPI_Message found;

static int start(int *rank, int *rank_count) {
  int granted;
  // One thread makes all calls, but it is not the one that the program began with.
  if (MPI_Init_thread(NULL, NULL, MPI_THREAD_SERIALIZED, &granted) != MPI_SUCCESS) return 1;
  if (granted < MPI_THREAD_SERIALIZED) return 2;
  if (MPI_Comm_rank(MPI_COMM_WORLD, rank) != MPI_SUCCESS) return 1;
  return MPI_Comm_size(MPI_COMM_WORLD, rank_count) != MPI_SUCCESS;
}

static void *send(const void *bytes, int count, int rank, int tag) {
  MPI_Request *request = malloc(sizeof *request);
  if (!request) return NULL;
  if (MPI_Isend(bytes, count, MPI_BYTE, rank, tag, MPI_COMM_WORLD, request) != MPI_SUCCESS) {
    free(request);
    return NULL;
  }
  return request;
}

static int probe(int *rank, int *tag, int *count) {
  int flag = 0;
  MPI_Status status;
  if (MPI_Improbe(MPI_ANY_SOURCE, MPI_ANY_TAG, MPI_COMM_WORLD, &flag, &found, &status)
      != MPI_SUCCESS || !flag)
    return 0;
  *rank = status.MPI_SOURCE;
  *tag = status.MPI_TAG;
  return MPI_Get_count(&status, MPI_BYTE, count) == MPI_SUCCESS && *count != MPI_UNDEFINED;
}

static void *receive(void *bytes, int count) {
  MPI_Request *request = malloc(sizeof *request);
  if (!request) return NULL;
  if (MPI_Imrecv(bytes, count, MPI_BYTE, &found, request) != MPI_SUCCESS) {
    free(request);
    return NULL;
  }
  return request;
}

static int is_done(void *request) {
  int flag = 0;
  if (MPI_Test(request, &flag, MPI_STATUS_IGNORE) != MPI_SUCCESS || !flag) return 0;
  free(request);
  return 1;
}

static void quit(int status) { MPI_Abort(MPI_COMM_WORLD, status); }

static void finish(void) { MPI_Finalize(); }

const struct MPIBridgeCalls *blockals_mpi_bridge(void) {
  static const struct MPIBridgeCalls calls = {
    BLOCKALS_MPI_BRIDGE_VERSION, start, send, probe, receive, is_done, quit, finish,
  };
  return &calls;
}
#else
// Without the trait the library is empty, and nobody loads it.
extern int blockals_mpi_is_not_built;
int blockals_mpi_is_not_built = 1;
#endif
