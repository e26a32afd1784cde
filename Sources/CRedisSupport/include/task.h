#pragma once
#include <stdbool.h>

#if defined(__has_attribute) && __has_attribute(swiftcall)
// The Swift runtime's function behind `UnsafeCurrentTask.isCancelled`.
bool swift_task_isCancelled(void *_Nonnull task) __attribute__((swiftcall));

// Whether the task at this address was cancelled; any thread may ask as long as the task lives. Asked here, because a
// Swift value of a task costs a retain and a release.
static inline bool rps_task_is_cancelled(void *_Nonnull task) { return swift_task_isCancelled(task); }
#endif
