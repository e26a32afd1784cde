#pragma once

#include "lock.h"
#include "poller.h"
#include "process.h"
#include "transport.h"
