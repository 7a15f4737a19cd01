// What a command says and exits with when there is no memory left.
#pragma once

/// From now on, a process that dies of a refused allocation writes `message` to standard error and
/// exits with `status`. (Swift traps there, and the C++ library aborts: a signal, and no word.)
///
/// Only deaths that follow a refusal are taken for one. Does nothing where the C library is not
/// GNU's, nor under a sanitizer, which has an allocator of its own.
void out_of_memory_exit(const char *message, int status);
