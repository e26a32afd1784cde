#pragma once
#include <stdint.h>

// Waits for many descriptors and for a wake-up from another thread: epoll and eventfd, or kqueue.
typedef struct {
  int queue;
  int wake;
} rps_poller_t;

typedef struct {
  uint64_t token;
  // Data, end of file and errors all count as readable: the read then says which.
  int readable;
  int writable;
} rps_event_t;

// 0, or the errno that says why not.
int rps_poller_open(rps_poller_t *_Nonnull poller);
void rps_poller_close(rps_poller_t *_Nonnull poller);
int rps_poller_add(rps_poller_t *_Nonnull poller, int descriptor, uint64_t token);
int rps_poller_want_write(rps_poller_t *_Nonnull poller, int descriptor, uint64_t token, int wanted);
void rps_poller_remove(rps_poller_t *_Nonnull poller, int descriptor);
// May be called from any thread; a wake-up before the wait is not lost.
void rps_poller_wake(rps_poller_t *_Nonnull poller);
// The number of events, without the wake-up. A negative time waits for ever; a signal ends the wait with 0 events.
int rps_poller_wait(rps_poller_t *_Nonnull poller, rps_event_t *_Nonnull events, int capacity, int milliseconds);
// Monotonic nanoseconds.
uint64_t rps_now(void);
