#pragma once

#include "lock.h"
#include "poller.h"
#include "process.h"
#include "task.h"
#include "transport.h"
