#if defined(__APPLE__) || defined(__FreeBSD__)
// Written from the manual page; it has not run yet, because our machines are Linux.
#include "CRedisSupport.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/event.h>
#include <time.h>
#include <unistd.h>

#define WAKE_IDENT 0
#define MOST_EVENTS 64

int rps_poller_open(rps_poller_t *poller) {
  poller->wake = -1;
  poller->queue = kqueue();
  if (poller->queue < 0) return errno;
  fcntl(poller->queue, F_SETFD, FD_CLOEXEC);
  struct kevent change;
  EV_SET(&change, WAKE_IDENT, EVFILT_USER, EV_ADD | EV_CLEAR, 0, 0, NULL);
  if (kevent(poller->queue, &change, 1, NULL, 0, NULL) < 0) {
    int reason = errno;
    rps_poller_close(poller);
    return reason;
  }
  return 0;
}

void rps_poller_close(rps_poller_t *poller) {
  if (poller->queue >= 0) close(poller->queue);
  poller->queue = -1;
}

static int control(rps_poller_t *poller, int descriptor, int16_t filter, uint16_t flags, uint64_t token) {
  struct kevent change;
  EV_SET(&change, (uintptr_t)descriptor, filter, flags, 0, 0, (void *)(uintptr_t)token);
  return kevent(poller->queue, &change, 1, NULL, 0, NULL) < 0 ? errno : 0;
}

int rps_poller_add(rps_poller_t *poller, int descriptor, uint64_t token) {
  return control(poller, descriptor, EVFILT_READ, EV_ADD, token);
}

int rps_poller_want_write(rps_poller_t *poller, int descriptor, uint64_t token, int wanted) {
  int reason = control(poller, descriptor, EVFILT_WRITE, wanted ? EV_ADD : EV_DELETE, token);
  return reason == ENOENT ? 0 : reason;
}

void rps_poller_remove(rps_poller_t *poller, int descriptor) {
  control(poller, descriptor, EVFILT_READ, EV_DELETE, 0);
  control(poller, descriptor, EVFILT_WRITE, EV_DELETE, 0);
}

void rps_poller_wake(rps_poller_t *poller) {
  struct kevent change;
  EV_SET(&change, WAKE_IDENT, EVFILT_USER, 0, NOTE_TRIGGER, 0, NULL);
  kevent(poller->queue, &change, 1, NULL, 0, NULL);
}

int rps_poller_wait(rps_poller_t *poller, rps_event_t *events, int capacity, int milliseconds) {
  struct kevent ready[MOST_EVENTS];
  struct timespec limit = {.tv_sec = milliseconds / 1000, .tv_nsec = (milliseconds % 1000) * 1000000L};
  int count = kevent(poller->queue, NULL, 0, ready, capacity < MOST_EVENTS ? capacity : MOST_EVENTS,
                     milliseconds < 0 ? NULL : &limit);
  int kept = 0;
  for (int i = 0; i < count; i++) {
    if (ready[i].filter == EVFILT_USER) continue;
    events[kept].token = (uint64_t)(uintptr_t)ready[i].udata;
    events[kept].readable = ready[i].filter == EVFILT_READ || (ready[i].flags & EV_ERROR) != 0;
    events[kept].writable = ready[i].filter == EVFILT_WRITE;
    kept++;
  }
  return kept;
}

uint64_t rps_now(void) { return clock_gettime_nsec_np(CLOCK_UPTIME_RAW); }
#endif
