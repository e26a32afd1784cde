#include "CRedisSupport.h"

// gcc has no such question.
#if !defined(__has_feature)
#define __has_feature(x) 0
#endif

#if defined(__linux__)
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

// 0 free, 1 taken, 2 taken and somebody sleeps: the usual three states of a futex lock
// (Drepper, "Futexes Are Tricky", the second mutex).

void rps_lock_init(rps_lock_t *lock) { __atomic_store_n(&lock->word, 0, __ATOMIC_RELEASE); }

static inline int take_if_free(rps_lock_t *lock) {
  uint32_t free_word = 0;
  return __atomic_compare_exchange_n(&lock->word, &free_word, 1, 0, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

void rps_lock_take(rps_lock_t *lock) {
  for (int spin = 0; spin < 40; spin++) {
    if (take_if_free(lock)) return;
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
  }
  while (__atomic_exchange_n(&lock->word, 2, __ATOMIC_ACQUIRE) != 0)
    syscall(SYS_futex, &lock->word, FUTEX_WAIT_PRIVATE, 2, NULL, NULL, 0);
}

void rps_lock_give(rps_lock_t *lock) {
  if (__atomic_exchange_n(&lock->word, 0, __ATOMIC_RELEASE) == 2)
    syscall(SYS_futex, &lock->word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

#else
#include <os/lock.h>
_Static_assert(sizeof(os_unfair_lock) == sizeof(rps_lock_t), "the lock is one word");

void rps_lock_init(rps_lock_t *lock) { *(os_unfair_lock *)lock = OS_UNFAIR_LOCK_INIT; }
void rps_lock_take(rps_lock_t *lock) { os_unfair_lock_lock((os_unfair_lock *)lock); }
void rps_lock_give(rps_lock_t *lock) { os_unfair_lock_unlock((os_unfair_lock *)lock); }
#endif

#if __has_feature(thread_sanitizer)
void __tsan_acquire(void *address);
void __tsan_release(void *address);
static char handed_over;
void rps_hand_over(void) { __tsan_release(&handed_over); }
void rps_take_over(void) { __tsan_acquire(&handed_over); }
#else
void rps_hand_over(void) {}
void rps_take_over(void) {}
#endif
