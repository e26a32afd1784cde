#include "CRedisSupport.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

// A peer that vanished without a word is noticed after about fifteen seconds, whether we are waiting or writing.
static const int idle_seconds = 5, probe_seconds = 3, probes = 3, unanswered_milliseconds = 15000;

static int make_socket(int family) {
#if defined(__linux__)
  return socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
#else
  int descriptor = socket(family, SOCK_STREAM, 0);
  if (descriptor < 0) return -1;
  fcntl(descriptor, F_SETFD, FD_CLOEXEC);
  fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK);
  int on = 1;
  setsockopt(descriptor, SOL_SOCKET, SO_NOSIGPIPE, &on, sizeof on);
  return descriptor;
#endif
}

static void set(int descriptor, int level, int option, int value) {
  setsockopt(descriptor, level, option, &value, sizeof value);
}

static void tune_tcp(int descriptor) {
  set(descriptor, IPPROTO_TCP, TCP_NODELAY, 1);
  set(descriptor, SOL_SOCKET, SO_KEEPALIVE, 1);
  set(descriptor, IPPROTO_TCP, TCP_KEEPINTVL, probe_seconds);
  set(descriptor, IPPROTO_TCP, TCP_KEEPCNT, probes);
#if defined(__linux__)
  set(descriptor, IPPROTO_TCP, TCP_KEEPIDLE, idle_seconds);
  set(descriptor, IPPROTO_TCP, TCP_USER_TIMEOUT, unanswered_milliseconds);
#else
  set(descriptor, IPPROTO_TCP, TCP_KEEPALIVE, idle_seconds);
  (void)unanswered_milliseconds;
#endif
}

// 0, or the errno of the failure.
static int finish_connect(int descriptor, const struct sockaddr *address, socklen_t length, int milliseconds) {
  if (connect(descriptor, address, length) == 0) return 0;
  // EAGAIN: the backlog of a Unix socket is full, which is a refusal for now.
  if (errno != EINPROGRESS) return errno;
  struct pollfd watched = {.fd = descriptor, .events = POLLOUT};
  uint64_t until = rps_now() + (uint64_t)milliseconds * 1000000u;
  for (;;) {
    uint64_t now = rps_now();
    int left = now >= until ? 0 : (int)((until - now) / 1000000u) + 1;
    int ready = poll(&watched, 1, left);
    if (ready > 0) break;
    if (ready == 0) return ETIMEDOUT;
    if (errno != EINTR) return errno;
  }
  int reason = 0;
  socklen_t size = sizeof reason;
  return getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &reason, &size) < 0 ? errno : reason;
}

static int give_up(int descriptor, int error, char *reason, size_t capacity) {
  if (descriptor >= 0) close(descriptor);
  if (error == ETIMEDOUT)
    snprintf(reason, capacity, "no answer in time");
  else
    snprintf(reason, capacity, "%s", strerror(error));
  return -1;
}

int rps_dial_unix(const char *path, int milliseconds, char *reason, size_t capacity) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  if (strlen(path) >= sizeof address.sun_path) {
    snprintf(reason, capacity, "the path of the socket is longer than %zu bytes", sizeof address.sun_path - 1);
    return -1;
  }
  memcpy(address.sun_path, path, strlen(path) + 1);
  int descriptor = make_socket(AF_UNIX);
  if (descriptor < 0) return give_up(-1, errno, reason, capacity);
  int error = finish_connect(descriptor, (struct sockaddr *)&address, sizeof address, milliseconds);
  return error ? give_up(descriptor, error, reason, capacity) : descriptor;
}

int rps_dial_tcp(const char *host, int port, int milliseconds, char *reason, size_t capacity) {
  uint64_t until = rps_now() + (uint64_t)milliseconds * 1000000u;
  char service[16];
  snprintf(service, sizeof service, "%d", port);
  struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
  struct addrinfo *found = NULL;
  int status = getaddrinfo(host, service, &hints, &found);
  if (status != 0) {
    snprintf(reason, capacity, "the name cannot be resolved: %s", gai_strerror(status));
    return -1;
  }
  int left = 0;
  for (struct addrinfo *at = found; at; at = at->ai_next) left++;
  int descriptor = -1;
  for (struct addrinfo *at = found; at; at = at->ai_next, left--) {
    uint64_t now = rps_now();
    if (now >= until) {
      give_up(-1, ETIMEDOUT, reason, capacity);
      break;
    }
    // Every address gets its share of the time, so that a dead first one does not hide a living second one.
    int share = (int)((until - now) / 1000000u) / left;
    descriptor = make_socket(at->ai_family);
    int error = descriptor < 0 ? errno : finish_connect(descriptor, at->ai_addr, at->ai_addrlen, share);
    if (error == 0) {
      tune_tcp(descriptor);
      break;
    }
    descriptor = give_up(descriptor, error, reason, capacity);
  }
  freeaddrinfo(found);
  return descriptor;
}
