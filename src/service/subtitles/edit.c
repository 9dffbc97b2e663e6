/* edit.c - times moved: by a distance, in proportion, from one frame rate to another. */
#include "service/subtitles/subtitles_int.h"

#define DAY_MS (24 * 3600000LL)

int cues_shift(struct cues *c, int64_t ms, int64_t from_ms, struct err *reterr) {
    if (ms < -DAY_MS || ms > DAY_MS)
        return err_refuse(reterr, ERR_INVALID, "subtitle.shift", "Shift by a day at most.", "%lld ms", (long long)ms);
    for (size_t i = 0; i < c->n; i++)
        if (c->v[i].start_ms >= from_ms && c->v[i].end_ms + ms <= 0)
            return err_refuse(reterr, ERR_INVALID, "subtitle.shift",
                              "The first subtitles would be over before the film begins. Shift by less, or remove them first.",
                              "cue %zu would end at %lld ms", i, (long long)(c->v[i].end_ms + ms));
    for (size_t i = 0; i < c->n; i++)
        if (c->v[i].start_ms >= from_ms) {
            c->v[i].start_ms = MAX(c->v[i].start_ms + ms, 0);
            c->v[i].end_ms += ms;
        }
    cues_sort(c);
    return 0;
}

/* Rounded half away from zero; the factors are below 2^27 ms (a day), so their product fits. */
static int64_t proportion(int64_t t, struct cue_anchor a, struct cue_anchor b) {
    int64_t from = b.from_ms - a.from_ms, to = b.to_ms - a.to_ms, product = (t - a.from_ms) * to;
    return a.to_ms + (product >= 0 ? (product + from / 2) / from : -((-product + from / 2) / from));
}

static bool in_a_day(int64_t ms) {
    return ms >= 0 && ms <= DAY_MS;
}

int cues_stretch(struct cues *c, struct cue_anchor a, struct cue_anchor b, struct err *reterr) {
    if (a.from_ms > b.from_ms) {
        struct cue_anchor swap = a;
        a = b, b = swap;
    }
    if (!in_a_day(a.from_ms) || !in_a_day(a.to_ms) || !in_a_day(b.from_ms) || !in_a_day(b.to_ms))
        return err_refuse(reterr, ERR_INVALID, "subtitle.stretch", "The times lie within a day.", "an anchor outside of a day");
    int64_t from = b.from_ms - a.from_ms, to = b.to_ms - a.to_ms;
    if (from <= 0 || to <= 0 || to > 2 * from || from > 2 * to)
        return err_refuse(reterr, ERR_INVALID, "subtitle.stretch",
                          "Choose two moments that lie apart, in the same order, and change their distance by no more than double or half.",
                          "%lld ms become %lld", (long long)from, (long long)to);
    for (size_t i = 0; i < c->n; i++)
        if (c->v[i].end_ms > 2 * DAY_MS || proportion(c->v[i].end_ms, a, b) <= 0)
            return err_refuse(reterr, ERR_INVALID, "subtitle.stretch",
                              "Subtitles would be over before the film begins. Choose other moments, or remove them first.",
                              "cue %zu", i);
    for (size_t i = 0; i < c->n; i++) {
        struct cue *q = &c->v[i];
        q->start_ms = MAX(proportion(q->start_ms, a, b), 0);
        q->end_ms = MAX(proportion(q->end_ms, a, b), q->start_ms + 1);
    }
    cues_sort(c);
    return 0;
}

static const struct {
    const char *name;
    int64_t num, den;
} rates[] = {{"23.976", 24000, 1001}, {"24", 24, 1}, {"25", 25, 1},          {"29.97", 30000, 1001},
             {"30", 30, 1},           {"50", 50, 1}, {"59.94", 60000, 1001}, {"60", 60, 1}};

static int rate_find(struct str s) {
    for (size_t i = 0; i < ARRAY_LEN(rates); i++)
        if (str_eq(s, str_of(rates[i].name)))
            return (int)i;
    return -1;
}

/* A picture that stood at n / made_for seconds stands at n / plays_at: an hour of it, as an anchor. */
bool cues_rate_anchor(struct str made_for, struct str plays_at, struct cue_anchor *ret) {
    int m = rate_find(made_for), p = rate_find(plays_at);
    if (m < 0 || p < 0)
        return false;
    /* The longest that stays within a day both ways and divides without rest: den * num of both, in milliseconds. */
    int64_t from = rates[p].num * rates[m].den, to = rates[m].num * rates[p].den;
    int64_t times = MAX(36000000 / MAX(from, to), 1);
    *ret = (struct cue_anchor){from * times, to * times};
    return true;
}
