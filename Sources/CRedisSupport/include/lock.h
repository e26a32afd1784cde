#pragma once
#include <stdint.h>

// A lock for sections of a few dozen nanoseconds. It lies inside the state that it guards, so taking it
// costs one compare-and-swap and no pointer chase.
typedef struct {
  uint32_t word;
} rps_lock_t;

void rps_lock_init(rps_lock_t *_Nonnull lock);
void rps_lock_take(rps_lock_t *_Nonnull lock);
void rps_lock_give(rps_lock_t *_Nonnull lock);

// Before a continuation is resumed, and after it was: tell ThreadSanitizer of the order that the Swift runtime's own
// atomics make and that it cannot see when the resume comes before the suspension. Nothing in other builds.
void rps_hand_over(void);
void rps_take_over(void);
