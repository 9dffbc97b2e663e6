/* housekeep.c - jobs that have ended and events that everybody has had are kept for a month, for whoever
 * asks what happened; then they go. */
#include "app/housekeep.h"
#include "app/services.h"
#include "engine/audit/audit.h"
#include "engine/mail/mail.h"

static const int64_t kept_ms = 30ll * 24 * 3600000;

static int ended_prune(const struct engine *e, struct err *reterr) {
    int64_t before = clock_now_ms(e->clock) - kept_ms;
    int r = job_prune(e->store, before, reterr);
    return r < 0 ? r : event_prune(e->store, services_events(), before, reterr);
}

static int letters_send(const struct engine *e, struct err *reterr) {
    int r = mail_send_due(e, reterr);
    return r < 0 ? r : 0;
}

static int audit_chain(const struct engine *e, struct err *reterr) {
    return audit_seal(e->store, reterr);
}

const struct cron_row app_cron[] = {
    {"audit.seal", 1000, audit_chain, "Links what was recorded to what was before"},
    {"mail.send", 1000, letters_send, "Sends the letters that are due", .slow = true},
    {"engine.prune", 3600000, ended_prune, "Forgets jobs and events after 30 days"},
    {.name = NULL},
};
