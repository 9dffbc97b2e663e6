/* housekeep.h - what the engine's tables need by the clock. */
#pragma once
#include "service/service.h"

extern const struct cron_row app_cron[];
