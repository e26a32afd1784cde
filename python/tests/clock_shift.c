/* Preloaded into a redis-server: its clock is the machine's, moved by the seconds that the file CLOCK_SHIFT says. */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static long shift(void) {
  const char *name = getenv("CLOCK_SHIFT");
  char text[32] = {0};
  int file = name ? open(name, O_RDONLY | O_CLOEXEC) : -1;
  if (file < 0) return 0;
  if (read(file, text, sizeof text - 1) < 0) text[0] = 0;
  close(file);
  return atol(text);
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
  struct timespec real = {0, 0};
  (void)zone;
  int code = clock_gettime(CLOCK_REALTIME, &real);
  now->tv_sec = real.tv_sec + shift();
  now->tv_usec = real.tv_nsec / 1000;
  return code;
}

time_t time(time_t *out) {
  struct timeval now;
  gettimeofday(&now, NULL);
  if (out) *out = now.tv_sec;
  return now.tv_sec;
}
