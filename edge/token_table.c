#include "token_table.h"
#include <stdlib.h>
#include <string.h>

/* Two ways: with one, two clients whose tokens fall together would push each other out for ever.
 * Longer tokens are rare and are checked anew each time. */
enum { SETS = 512, WAYS = 2, TOKEN_MAX = 256 };

struct way {
    size_t n; /* 0: empty */
    char token[TOKEN_MAX];
    struct cat_claims claims;
};

struct token_table {
    struct {
        unsigned next; /* the way to be replaced */
        struct way ways[WAYS];
    } sets[SETS];
    struct cat_claims last; /* of a token that is not kept */
};

struct token_table *token_table_new(void) {
    return calloc(1, sizeof(struct token_table));
}

void token_table_free(struct token_table *t) {
    free(t);
}

/* In constant time, as what is compared with is somebody's right; by the word, as it is done for
 * each segment. */
static bool token_eq(const struct way *w, struct str token) {
    uint64_t a, b, differs = w->n ^ token.n;
    size_t i = 0;
    if (differs)
        return false;
    for (; i + sizeof a <= token.n; i += sizeof a) {
        memcpy(&a, w->token + i, sizeof a);
        memcpy(&b, token.p + i, sizeof b);
        differs |= a ^ b;
    }
    for (; i < token.n; i++)
        differs |= (uint64_t)(w->token[i] ^ token.p[i]);
    return differs == 0;
}

/* The end of a token is its tag, which is as good as random already. */
static size_t set_of(struct str token) {
    uint64_t end;
    memcpy(&end, token.p + token.n - sizeof end, sizeof end);
    return (size_t)((end * 0x9e3779b97f4a7c15u) >> 55);
}

enum cat_result token_table_verify(struct token_table *t, struct cat_verifier *v, struct str token,
                                   struct str path, int64_t now_s,
                                   const struct cat_claims **ret_claims) {
    size_t set = 0;
    bool fits = token.n >= sizeof(uint64_t) && token.n <= TOKEN_MAX;
    if (fits) {
        set = set_of(token);
        for (size_t i = 0; i < WAYS; i++)
            if (token_eq(&t->sets[set].ways[i], token)) {
                *ret_claims = &t->sets[set].ways[i].claims;
                return cat_claims_check(*ret_claims, path, now_s);
            }
    }
    t->last = (struct cat_claims){.cti_len = 0};
    *ret_claims = &t->last;
    enum cat_result result = cat_verify(v, token, path, now_s, &t->last);
    if (result == CAT_OK && fits) {
        struct way *w = &t->sets[set].ways[t->sets[set].next++ % WAYS];
        memcpy(w->token, token.p, token.n);
        w->n = token.n;
        w->claims = t->last;
    }
    return result;
}
