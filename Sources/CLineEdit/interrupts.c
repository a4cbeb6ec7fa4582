#include "clineedit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

// Everything the handler touches: lock-free atomics and descriptors, which are safe inside a signal handler.
static atomic_int pending;
static atomic_llong last_nanoseconds;
static atomic_int wake = -1;
static int wake_ends[2] = {-1, -1};
static struct sigaction before;

static void on_sigint(int signal) {
  (void)signal;
  int saved = errno;
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  long long now = (long long)time.tv_sec * 1000000000 + time.tv_nsec;
  long long last = atomic_exchange(&last_nanoseconds, now);
  if (atomic_fetch_add(&pending, 1) > 0 && now - last < 1000000000) {
    // The first was not heard. Leave the terminal with a clean line.
    static const char clear[] = "\r\033[K";
    if (isatty(STDERR_FILENO)) (void)!write(STDERR_FILENO, clear, sizeof clear - 1);
    _exit(130);
  }
  int descriptor = atomic_load(&wake);
  if (descriptor >= 0) (void)!write(descriptor, "!", 1);
  errno = saved;
}

int cle_interrupts_begin(void) {
  if (wake_ends[0] < 0) {
    if (pipe(wake_ends) != 0) return -1;
    for (int end = 0; end < 2; end++) fcntl(wake_ends[end], F_SETFD, FD_CLOEXEC);
    // A full pipe must not block the handler.
    fcntl(wake_ends[1], F_SETFL, O_NONBLOCK);
  }
  atomic_store(&pending, 0);
  atomic_store(&wake, wake_ends[1]);
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = on_sigint;
  sigemptyset(&action.sa_mask);
  action.sa_flags = SA_RESTART;
  return sigaction(SIGINT, &action, &before) == 0 ? wake_ends[0] : -1;
}

void cle_interrupts_end(void) {
  sigaction(SIGINT, &before, NULL);
  atomic_store(&wake, -1);
}

int cle_interrupts_pending(void) { return atomic_load(&pending); }

void cle_interrupts_acknowledge(void) { atomic_store(&pending, 0); }
