#if defined(__linux__)
#include "CRedisSupport.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#define WAKE_TOKEN UINT64_MAX
#define MOST_EVENTS 64

int rps_poller_open(rps_poller_t *poller) {
  poller->queue = epoll_create1(EPOLL_CLOEXEC);
  if (poller->queue < 0) return errno;
  poller->wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  // Edge-triggered: each write is one event, and nobody needs to read the counter.
  struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data.u64 = WAKE_TOKEN};
  if (poller->wake < 0 || epoll_ctl(poller->queue, EPOLL_CTL_ADD, poller->wake, &event) < 0) {
    int reason = errno;
    rps_poller_close(poller);
    return reason;
  }
  return 0;
}

void rps_poller_close(rps_poller_t *poller) {
  if (poller->queue >= 0) close(poller->queue);
  if (poller->wake >= 0) close(poller->wake);
  poller->queue = poller->wake = -1;
}

static int control(rps_poller_t *poller, int operation, int descriptor, uint64_t token, uint32_t events) {
  struct epoll_event event = {.events = events, .data.u64 = token};
  return epoll_ctl(poller->queue, operation, descriptor, &event) < 0 ? errno : 0;
}

int rps_poller_add(rps_poller_t *poller, int descriptor, uint64_t token) {
  return control(poller, EPOLL_CTL_ADD, descriptor, token, EPOLLIN | EPOLLRDHUP);
}

int rps_poller_want_write(rps_poller_t *poller, int descriptor, uint64_t token, int wanted) {
  uint32_t events = EPOLLIN | EPOLLRDHUP | (wanted ? (uint32_t)EPOLLOUT : 0);
  return control(poller, EPOLL_CTL_MOD, descriptor, token, events);
}

void rps_poller_remove(rps_poller_t *poller, int descriptor) {
  control(poller, EPOLL_CTL_DEL, descriptor, 0, 0);
}

void rps_poller_wake(rps_poller_t *poller) {
  uint64_t one = 1;
  // Only a full counter can fail, and then a wake-up is pending anyway.
  ssize_t written = write(poller->wake, &one, sizeof one);
  (void)written;
}

int rps_poller_wait(rps_poller_t *poller, rps_event_t *events, int capacity, int milliseconds) {
  struct epoll_event ready[MOST_EVENTS];
  int count = epoll_wait(poller->queue, ready, capacity < MOST_EVENTS ? capacity : MOST_EVENTS, milliseconds);
  int kept = 0;
  for (int i = 0; i < count; i++) {
    if (ready[i].data.u64 == WAKE_TOKEN) continue;
    events[kept].token = ready[i].data.u64;
    events[kept].readable = (ready[i].events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
    events[kept].writable = (ready[i].events & EPOLLOUT) != 0;
    kept++;
  }
  return kept;
}

uint64_t rps_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}
#endif
