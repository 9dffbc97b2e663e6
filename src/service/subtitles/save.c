/*
 * save.c - one change to subtitles. Their new cues are written down first, under a name that nobody else has; then one
 * transaction checks the revision, records the change and tells the players. What a kill in between leaves is a blob that
 * the sweep finds no revision of.
 */
#include "service/subtitles/subtitles_int.h"

int subtitle_vtt_store(const struct engine *e, struct subtitle *s, const struct cues *c, struct arena *a, struct err *reterr) {
    scoped(buf_done) struct buf b = BUF(SUBTITLE_VTT_MAX);
    vtt_write(&b, c);
    if (b.failed)
        return err_refuse(reterr, ERR_TOO_LARGE, "text.too_large", "These subtitles are too long.", "over %d bytes", SUBTITLE_VTT_MAX);
    struct id name = id_new(clock_now_ms(e->clock));
    s->vtt = str_printf(a, "subtitle/" ID_FMT "/" ID_FMT ".vtt", ID_ARG(s->id.v), ID_ARG(name));
    s->cues = (int64_t)c->n;
    return s->vtt.p ? blob_put(e->blob, s->vtt.p, buf_str(&b), reterr) : err_set(reterr, ERR_LIMIT, "no room for a name");
}

int subtitle_cues_load(const struct engine *e, struct str vtt, struct cues *c, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(SUBTITLE_VTT_MAX + (1 << 20));
    struct str text;
    const char *name = str_cstr(&a, vtt);
    if (!name)
        return err_set(reterr, ERR_LIMIT, "no room for a name");
    int rc = blob_get(e->blob, name, SUBTITLE_VTT_MAX, &a, &text, reterr);
    if (rc >= 0)
        rc = vtt_parse(c, text, reterr);
    if (rc >= 0)
        cues_sort(c);
    return MIN(rc, 0);
}

static int segments_renew(const struct engine *e, struct tx *tx, struct subtitle *s, const struct cues *cues,
                          const struct text_place *at, struct arena *a, struct err *reterr) {
    struct arena own = ARENA(SUBTITLE_ARENA);
    struct cues c;
    int rc = 0;
    cues_init(&c, &own);
    if (!cues)
        rc = subtitle_cues_load(e, s->vtt, &c, reterr);
    if (rc >= 0)
        rc = subtitle_cut(e, tx, at, cues ? cues : &c, s, a, reterr);
    cues_done(&c);
    arena_done(&own);
    return rc;
}

static int save_once(const struct engine *e, struct subtitle *s, const char *action, const struct cues *cues, bool renew,
                     int64_t was, struct arena *a, struct err *reterr) {
    struct text_place at;
    scoped(tx_rollback) struct tx *tx = NULL;
    int rc = tx_begin(e->store, STORE_MAIN, TX_WRITE, &tx, reterr);
    if (rc >= 0)
        rc = catalog_text_place(tx, s->title, &at, reterr);
    if (rc >= 0)
        rc = subtitles_settle(e, tx, s->title, &at, a, reterr);
    if (rc < 0)
        return rc;
    s->version = at.version;
    if (id_is_set(at.asset.v) && (renew || !str_eq(id_str(&s->asset.v), id_str(&at.asset.v))))
        rc = segments_renew(e, tx, s, cues, &at, a, reterr);
    if (rc >= 0)
        rc = was ? subtitle_row_update(tx, s, was, reterr) : subtitle_row_insert(tx, s, reterr);
    if (rc >= 0)
        rc = subtitle_revision_insert(tx, s, action, reterr);
    if (rc >= 0 && s->is_default && !s->removed_ms)
        rc = tx_exec(tx, &subtitles_sql[SUBTITLE_ONE_DEFAULT], ARGS(A_ID(s->title), A_ID(s->version), A_ID(s->id)), reterr);
    if (rc >= 0)
        rc = subtitles_publish(e, tx, s->title, &at, a, reterr);
    return rc < 0 ? rc : tx_commit(&tx, reterr);
}

int subtitle_save(const struct engine *e, struct subtitle *s, const char *action, const struct cues *cues, struct arena *a,
                  struct err *reterr) {
    int64_t was = s->revision, now = clock_now_ms(e->clock);
    struct str vtt_was = s->vtt;
    int rc = cues ? subtitle_vtt_store(e, s, cues, a, reterr) : 0;
    if (rc < 0)
        return rc;
    struct subtitle wish = *s;
    wish.revision = was + 1;
    wish.updated_ms = now;
    /* Other cues than those that the segments were made of, whether new or of an earlier revision. */
    bool renew = cues || !was || str_eq(STR("reverted"), str_of(action));
    STORE_RETRY(rc, reterr, (*s = wish, save_once(e, s, action, cues, renew, was, a, reterr)));
    if (rc < 0 && cues) /* nobody will ever name it */
        blob_delete(e->blob, s->vtt.p, NULL);
    if (rc < 0)
        s->vtt = vtt_was, s->revision = was;
    return rc;
}
