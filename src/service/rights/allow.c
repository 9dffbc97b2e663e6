/*
 * allow.c - the decision of rights.h: pure. A window is a set of (platform, model) pairs that counts in some countries
 * for some time; what a title is allowed is one such set for a country and a moment, made of all its windows.
 */
#include "service/rights/rights_int.h"
#include "engine/place/place.h"

static_assert(PLATFORMS * MODELS <= 16, "a pair is a bit of 16");

/* Rule 4: what is not known is held against the title. */
bool rights_there(const struct rights_window *w, struct str country) {
    if (!country.n)
        return w->holdback || (!w->territories.n && !w->except.n);
    return (!w->territories.n || country_listed(w->territories, country)) && !country_listed(w->except, country);
}

static unsigned pairs_of(const struct rights_window *w) {
    unsigned pairs = 0;
    for (unsigned p = 0; p < PLATFORMS; p++)
        if (w->platforms & 1u << p)
            pairs |= (w->models & MODELS_ALL) << p * MODELS;
    return pairs;
}

/* bought: a window that has ended still counts. */
unsigned rights_pairs(const struct rights_level *l, int64_t at, struct str country, bool bought) {
    unsigned allowed = 0, held = 0;
    bool limited = false;
    for (size_t i = 0; i < l->n; i++) {
        const struct rights_window *w = &l->v[i];
        bool over = w->ends_ms && w->ends_ms <= at;
        limited |= !w->holdback;
        if (w->starts_ms > at || !rights_there(w, country))
            continue;
        if (w->holdback && !over)
            held |= pairs_of(w);
        else if (!w->holdback && (!over || bought))
            allowed |= pairs_of(w);
    }
    return (limited ? allowed : PAIRS_ALL) & ~held;
}

static unsigned pairs_at(const struct rights_facts *f, int64_t at, bool bought) {
    unsigned pairs = PAIRS_ALL;
    bool limited = false;
    for (size_t l = 0; l < RIGHTS_LEVELS; l++) {
        for (size_t i = 0; i < f->levels[l].n; i++)
            limited |= !f->levels[l].v[i].holdback;
        pairs &= rights_pairs(&f->levels[l], at, f->country, bought);
    }
    return f->closed && !limited ? 0 : pairs;
}

static unsigned models_on(unsigned pairs, unsigned platforms) {
    unsigned models = 0;
    for (unsigned p = 0; p < PLATFORMS; p++)
        if (!platforms || platforms & 1u << p)
            models |= pairs >> p * MODELS & MODELS_ALL;
    return models;
}

/* Every moment at which a window begins or ends, in no order; 0 among them. */
struct moments {
    const struct rights_facts *f;
    size_t level, at;
    bool end;
};
static bool moment_next(struct moments *m, int64_t *ret_ms) {
    while (m->level < RIGHTS_LEVELS) {
        const struct rights_level *l = &m->f->levels[m->level];
        if (m->at >= l->n) {
            m->level++;
            m->at = 0;
            continue;
        }
        const struct rights_window *w = &l->v[m->at];
        *ret_ms = m->end ? w->ends_ms : w->starts_ms;
        m->at += m->end;
        m->end = !m->end;
        return true;
    }
    return false;
}

/* The first moment from now on at which it is allowed on these platforms; 0: none. */
static int64_t allowed_from(const struct rights_facts *f) {
    struct moments m = {.f = f};
    int64_t best = 0, at;
    while (moment_next(&m, &at))
        if (at > f->now_ms && (!best || at < best) && models_on(pairs_at(f, at, false), f->platforms))
            best = at;
    return best;
}

static bool was_allowed(const struct rights_facts *f) {
    struct moments m = {.f = f};
    int64_t at;
    while (moment_next(&m, &at))
        if (at <= f->now_ms && models_on(pairs_at(f, at, false), f->platforms))
            return true;
    return false;
}

static void refuse_why(const struct rights_facts *f, unsigned pairs, struct rights_verdict *v) {
    v->from_ms = allowed_from(f);
    if (pairs) {
        v->refusal = RIGHTS_PLATFORM;
        for (unsigned p = 0; p < PLATFORMS; p++)
            if (models_on(pairs, 1u << p))
                v->on |= 1u << p;
    } else if (v->from_ms) {
        v->refusal = RIGHTS_NOT_YET;
    } else {
        v->refusal = was_allowed(f) ? RIGHTS_OVER : RIGHTS_NOT_HERE;
    }
}

void rights_allow(const struct rights_facts *f, struct rights_verdict *ret) {
    struct rights_verdict v = {0};
    unsigned pairs = pairs_at(f, f->now_ms, false), models = models_on(pairs, f->platforms);
    v.barred = MODELS_ALL & ~models;
    v.barred_bought = MODELS_ALL & ~models_on(pairs_at(f, f->now_ms, true), f->platforms);
    if (!models)
        refuse_why(f, pairs, &v);
    *ret = v;
}

int64_t rights_until(const struct rights_facts *f, unsigned models) {
    struct moments m = {.f = f};
    int64_t best = 0, at;
    while (moment_next(&m, &at))
        if (at > f->now_ms && (!best || at < best) && !(models_on(pairs_at(f, at, false), f->platforms) & models))
            best = at;
    return best;
}

/* ---- A refusal in words ---- */

static const struct {
    const char *code, *hint;
} refusals[] = {
    [RIGHTS_OK] = {"", ""},
    [RIGHTS_NOT_HERE] = {"playback.rights_not_here", "This title may not be shown in the country you are in."},
    [RIGHTS_NOT_YET] = {"playback.rights_not_yet", "This title can be watched here from"},
    [RIGHTS_OVER] = {"playback.rights_over", "The time in which this title could be watched here is over."},
    [RIGHTS_PLATFORM] = {"playback.rights_platform", "This title cannot be watched on this device here, but on"},
};

const char *rights_refusal_code(enum rights_refusal r) {
    return refusals[r].code;
}

int rights_refuse(const struct rights_verdict *v, struct err *reterr) {
    static const char *const devices[PLATFORMS] = {" a computer", " a television", " a phone or tablet", " other devices"};
    char hint[300], at[RFC3339_LEN + 1];
    int n;
    if (v->refusal == RIGHTS_OK)
        return 0;
    n = snprintf(hint, sizeof hint, "%s", refusals[v->refusal].hint);
    if (v->refusal == RIGHTS_NOT_YET) {
        rfc3339_write(v->from_ms, at);
        snprintf(hint + n, sizeof hint - (size_t)n, " %.10s %.5s UTC.", at, at + 11);
    } else if (v->refusal == RIGHTS_PLATFORM) {
        const char *sep = "";
        for (unsigned p = 0; p < PLATFORMS; p++)
            if (v->on & 1u << p) {
                n += snprintf(hint + n, sizeof hint - (size_t)n, "%s%s", sep, devices[p]);
                sep = " or";
            }
        snprintf(hint + n, sizeof hint - (size_t)n, ".");
    }
    return err_refuse(reterr, ERR_FORBIDDEN, refusals[v->refusal].code, hint, "no right: %s", refusals[v->refusal].code);
}
