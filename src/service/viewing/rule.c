/*
 * rule.c - which of two reports about one title counts (docs/decisions/0008): the later real
 * viewing. No clock of a device is believed: only how long ago it says something was, by one and
 * the same clock, and the number it gives its reports. Pure, so that every interleaving can be
 * tried.
 */
#include "service/viewing/viewing_int.h"

enum {
    SILENT_MS = 30000,    /* three heartbeats missed: who began earlier and goes on has it again */
    STILL_MS = 1000,      /* a paused position that moved less was not watched */
    REORDERED_MS = 60000, /* later than any network delivers out of order */
};
#define AGE_MAX_MS (30LL * 24 * 3600 * 1000)

int64_t viewing_instant(int64_t now_ms, int64_t at_ms, int64_t sent_ms, int64_t begun_ms) {
    int64_t age = at_ms && sent_ms ? CLAMP(sent_ms - at_ms, 0, AGE_MAX_MS) : 0;
    return MAX(now_ms - age, MIN(begun_ms, now_ms));
}

bool viewing_still(struct str state, int64_t position_ms, int64_t last_ms) {
    int64_t moved = position_ms - last_ms;
    return str_eq(state, STR("paused")) && moved > -STILL_MS && moved < STILL_MS;
}

static bool at_rest(struct str state) {
    return str_eq(state, STR("paused")) || str_eq(state, STR("ended")) ||
           str_eq(state, STR("removed"));
}

static bool newer_of_same(const struct viewing_row *row, const struct progress_report *r) {
    if (r->seq && row->seq)
        return r->seq > row->seq;
    /* Without numbers the player's clock orders them; when it was put back in the middle, ours
     * does. */
    return r->client_at_ms >= row->client_at_ms || r->viewed_ms > row->viewed_ms + REORDERED_MS;
}

bool viewing_wins(const struct viewing_row *row, const struct progress_report *r) {
    int order = str_cmp(id_str(&r->playback.v), id_str(&row->playback.v)); /* by when they began */
    if (order == 0)
        return newer_of_same(row, r);
    if (r->still || r->viewed_ms < row->viewed_ms)
        return false;
    return order > 0 || at_rest(row->state) || r->viewed_ms - row->viewed_ms > SILENT_MS;
}
