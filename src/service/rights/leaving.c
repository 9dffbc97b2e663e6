/* leaving.c - what can be seen from a country at a moment and soon after not any more. */
#include "service/rights/rights_int.h"

enum { CANDIDATES = 200 };

/* 0: it stays, or is not to be seen then. */
static int until_of(const struct engine *e, struct title_id title, struct str country, int64_t at_ms, struct arena *a,
                    int64_t *ret, struct err *reterr) {
    struct store_ask ask = catalog_brief_ask(&title);
    struct title_brief brief;
    struct rights_facts facts;
    struct rights_verdict verdict;
    *ret = 0;
    int rc = store_ask_all(e->store, &ask, 1, a, reterr);
    if (rc >= 0)
        rc = catalog_brief_take(&ask, &brief, reterr);
    if (rc >= 0)
        rc = rights_facts(e, &brief, country, 0, a, &facts, reterr);
    if (rc < 0)
        return rc;
    facts.now_ms = at_ms;
    rights_allow(&facts, &verdict);
    if (verdict.refusal == RIGHTS_OK)
        *ret = rights_until(&facts, MODELS_ALL);
    return 0;
}

int rights_leaving(const struct engine *e, struct str country, int64_t at_ms, int64_t within_ms, int limit, struct arena *a,
                   struct rights_leave *ret, size_t *ret_n, struct err *reterr) {
    struct rows r;
    size_t n = 0;
    int rc = store_query(e->store, &rights_sql[WINDOWS_ENDING],
                         ARGS(A_I64(at_ms), A_I64(at_ms + within_ms), A_I64(CANDIDATES)), a, &r, reterr);
    for (size_t i = 0; rc >= 0 && i < r.n && n < (size_t)limit; i++) {
        struct rights_leave l = {.title = {row_id(&r, i, 0)}};
        rc = until_of(e, l.title, country, at_ms, a, &l.until_ms, reterr);
        if (rc >= 0 && l.until_ms > at_ms && l.until_ms <= at_ms + within_ms)
            ret[n++] = l;
    }
    *ret_n = n;
    return MIN(rc, 0);
}
