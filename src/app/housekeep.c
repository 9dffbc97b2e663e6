/* housekeep.c - jobs that have ended and events that everybody has had are kept for a month, for whoever
 * asks what happened; then they go. So do films that were replaced, once nobody watches them. */
#include "app/housekeep.h"
#include "app/services.h"
#include "engine/audit/audit.h"
#include "engine/mail/mail.h"
#include "service/catalog/catalog.h"
#include "service/ingest/ingest.h"
#include "service/playback/playback.h"

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

/* Manifests of it may lie in caches for minutes, and a Play that was decided just before is not written yet. */
static const int64_t replaced_for_ms = 3600 * 1000;

int replaced_remove(const struct engine *e, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(1 << 20);
    struct asset_id *ids;
    size_t n = 0;
    int r = catalog_assets_replaced(e->store, clock_now_ms(e->clock) - replaced_for_ms, &a, &ids, &n, reterr);
    for (size_t i = 0; i < n && r >= 0; i++) {
        bool watched = false;
        r = playback_asset_watched(e, ids[i], &watched, reterr);
        if (r >= 0 && !watched)
            STORE_RETRY(r, reterr, ingest_asset_remove(e, ids[i], reterr));
    }
    return MIN(r, 0);
}

const struct cron_row app_cron[] = {
    {"audit.seal", 1000, audit_chain, "Links what was recorded to what was before"},
    {"mail.send", 1000, letters_send, "Sends the letters that are due", .slow = true},
    {"engine.prune", 3600000, ended_prune, "Forgets jobs and events after 30 days"},
    {"asset.replaced", 600000, replaced_remove, "Removes films that were replaced, once nobody watches them"},
    {.name = NULL},
};
