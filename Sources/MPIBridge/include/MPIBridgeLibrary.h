// Nothing to see: the library is loaded by its symbol (CSystem's MPIBridge.h).
