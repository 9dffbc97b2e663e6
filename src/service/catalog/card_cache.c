/*
 * card_cache.c - cards as Play shows them, kept in memory by their title's revision (base/kept.h), which whoever asks has
 * just read.
 */
#include "service/catalog/catalog_int.h"
#include "base/kept.h"
#include <stdlib.h>

enum { LANGS_MAX = KEPT_KEY_MAX - ID_LEN };
static struct kept cards; /* by title and languages as asked for; JSON without its last brace: progress follows */

/* The revision is the one that was read before the card: what changed in between makes a card that is newer
 * than it says, and is made again at the next look. */
static int make(struct store *st, const struct title_id *id, struct str langs, char **ret,
                struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(1 << 20);
    struct title_card card;
    int rc = catalog_card_by_id(st, *id, langs, true, &a, &card, reterr);
    if (rc)
        return rc;
    json_t *json = catalog_card_json(&card, NULL);
    json_object_del(json, "progress");
    char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;
    json_decref(json);
    if (!text)
        return err_set(reterr, ERR_NO_MEMORY, "no memory for a card");
    text[strlen(text) - 1] = 0;
    *ret = text;
    return 0;
}

int catalog_card_kept(struct store *st, const struct title_id *id, int64_t revision,
                      struct str langs, const char *progress, struct buf *into,
                      struct err *reterr) {
    char name[KEPT_KEY_MAX] = {0};
    struct str key = str_make(name, ID_LEN + langs.n);
    bool keeps = langs.n <= LANGS_MAX;
    if (keeps) {
        memcpy(name, id->v.s, ID_LEN);
        if (langs.n)
            memcpy(name + ID_LEN, langs.p, langs.n);
    }
    if (!keeps || !kept_get(&cards, key, revision, into)) {
        scoped(mem_free) char *text = NULL;
        int rc = make(st, id, langs, &text, reterr);
        if (rc)
            return rc;
        buf_addc(into, text);
        if (keeps)
            kept_put(&cards, key, revision, str_of(text));
    }
    buf_addc(into, ",\"progress\":");
    buf_addc(into, progress ? progress : "null");
    buf_byte(into, '}');
    return 0;
}

struct store_ask catalog_brief_ask(const struct title_id *id) {
    return ASK(&catalog_sql[TITLE_BRIEF], A_ID(*id));
}

int catalog_brief_take(const struct store_ask *answered, struct title_brief *ret,
                       struct err *reterr) {
    const struct rows *r = &answered->rows;
    if (!r->n)
        return err_refuse(reterr, ERR_NOT_FOUND, "catalog.title_not_found",
                          "There is no such title.", "no such title");
    *ret = (struct title_brief){.published = row_i64(r, 0, 0) != 0,
                                .maturity = (int)row_i64(r, 0, 1),
                                .asset = {row_id(r, 0, 2)},
                                .revision = row_i64(r, 0, 3),
                                .text = row_i64(r, 0, 7),
                                .rights = {row_str(r, 0, 4), row_str(r, 0, 5), row_str(r, 0, 6)}};
    return 0;
}

void card_cache_clear(void) { kept_clear(&cards); }
