#pragma once
#include <stdint.h>

// Grows by one in every child that fork makes: threads do not survive there, so a client must refuse to work.
uint32_t rps_fork_generation(void);

// Runs body(argument) on a new detached thread on which SIGPIPE is blocked, because hiredis writes with write(2).
// 0, or the errno that says why not.
int rps_thread_start(const char *_Nonnull name, void (*_Nonnull body)(void *_Nonnull), void *_Nonnull argument);

// A number that is the same throughout one thread and differs from every other living one's.
uintptr_t rps_thread_id(void);

// Random bits from the system, for jitter; never for secrets.
uint64_t rps_random(void);
