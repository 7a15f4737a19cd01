#define _GNU_SOURCE
#include "COutOfMemory.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif

#if defined(__GLIBC__) && !defined(SANITIZED)

// The program's own allocation functions take the place of the library's for everything in the
// process. They pass each call on, and remember whether one was refused.
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *memory, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);

static volatile sig_atomic_t is_refused;

static void *noted(void *memory, size_t size) {
  if (memory == NULL && size > 0) is_refused = 1;
  return memory;
}

void *malloc(size_t size) { return noted(__libc_malloc(size), size); }

void *calloc(size_t count, size_t size) {
  return noted(__libc_calloc(count, size), count > 0 ? size : 0);
}

void *realloc(void *memory, size_t size) { return noted(__libc_realloc(memory, size), size); }

void *memalign(size_t alignment, size_t size) {
  return noted(__libc_memalign(alignment, size), size);
}

void *aligned_alloc(size_t alignment, size_t size) { return memalign(alignment, size); }

int posix_memalign(void **memory, size_t alignment, size_t size) {
  if (alignment == 0 || alignment % sizeof(void *) != 0 || (alignment & (alignment - 1)) != 0) {
    return EINVAL;
  }
  void *made = memalign(alignment, size);
  if (made == NULL) return ENOMEM;
  *memory = made;
  return 0;
}

static const int deaths[] = {SIGILL, SIGTRAP, SIGABRT, SIGSEGV, SIGBUS};
enum { DEATHS = sizeof deaths / sizeof *deaths };

static const char *last_words;
static int last_status;
/// What was to happen before, as the printing of a trace: it happens where nothing was refused.
static struct sigaction before[DEATHS];

static void die(int number) {
  if (is_refused) {
    size_t length = strlen(last_words);
    while (length > 0) {
      ssize_t written = write(STDERR_FILENO, last_words, length);
      if (written < 0 && errno != EINTR) break;
      if (written > 0) {
        last_words += written;
        length -= (size_t)written;
      }
    }
    _exit(last_status);
  }
  for (int position = 0; position < DEATHS; position++) {
    sigaction(deaths[position], &before[position], NULL);
  }
  // A trap happens again when its instruction is tried again; a signal that was sent does not.
  if (number == SIGABRT) raise(number);
}

void out_of_memory_exit(const char *message, int status) {
  last_words = message;
  last_status = status;
  struct sigaction action = {.sa_handler = die};
  sigemptyset(&action.sa_mask);
  for (int position = 0; position < DEATHS; position++) {
    sigaction(deaths[position], &action, &before[position]);
  }
}

#else

void out_of_memory_exit(const char *message, int status) {
  (void)message;
  (void)status;
}

#endif
