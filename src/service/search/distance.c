/* distance.c - edit distances, a column of the table in one machine word. */
#include "service/search/distance.h"

static size_t slot_of(const struct pattern *p, uint32_t c) {
    size_t i = c * 2654435761u >> 25;
    while (p->key[i] && p->key[i] != c)
        i = (i + 1) % PATTERN_SLOTS;
    return i;
}

uint64_t letters_of(const uint32_t *c, size_t n) {
    uint64_t bits = 0;
    for (size_t i = 0; i < n; i++)
        bits |= (uint64_t)1 << (c[i] * 2654435761u >> 26);
    return bits;
}

void pattern_init(struct pattern *p, const uint32_t *c, size_t n) {
    *p = (struct pattern){.n = MIN(n, (size_t)PATTERN_MAX)};
    for (size_t i = 0; i < p->n; i++) {
        size_t s = slot_of(p, c[i]);
        p->key[s] = c[i];
        p->at[s] |= (uint64_t)1 << i;
    }
    p->letters = letters_of(c, p->n);
}

/* open: 1 where skipping a letter of the text before the pattern begins costs one, 0 where it costs nothing. */
static struct distance walk(const struct pattern *p, const uint32_t *text, size_t n, uint64_t open) {
    uint64_t vp = ~(uint64_t)0, vn = 0, d0 = 0, before = 0;
    struct distance d = {(int)p->n, (int)p->n};
    if (!p->n)
        return (struct distance){open ? (int)n : 0, 0};
    uint64_t last = (uint64_t)1 << (p->n - 1);
    for (size_t i = 0; i < n; i++) {
        uint64_t here = p->at[slot_of(p, text[i])];
        uint64_t swapped = ((~d0 & here) << 1) & before;
        d0 = swapped | (((here & vp) + vp) ^ vp) | here | vn;
        uint64_t hp = vn | ~(d0 | vp), hn = d0 & vp;
        d.whole += (hp & last) != 0;
        d.whole -= (hn & last) != 0;
        hp = hp << 1 | open;
        hn <<= 1;
        vp = hn | ~(d0 | hp);
        vn = hp & d0;
        before = here;
        d.prefix = MIN(d.prefix, d.whole);
    }
    return d;
}

struct distance pattern_distance(const struct pattern *p, const uint32_t *text, size_t n) {
    return walk(p, text, n, 1);
}

int pattern_within(const struct pattern *p, const uint32_t *text, size_t n) {
    return walk(p, text, n, 0).prefix;
}
