/* housekeep.h - what the engine's tables need by the clock. */
#pragma once
#include "service/service.h"

extern const struct cron_row app_cron[];
/* One round of it, for tests. */
int replaced_remove(const struct engine *e, struct err *reterr);
