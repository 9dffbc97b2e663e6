/* upload.c - rows of uploads: made, read, forgotten. The bytes are upload_write.c's. */
#include "service/ingest/upload.h"
#include "service/catalog/catalog.h"
#include "service/json.h"

static const char *const state_names[] = {"open", "closing", "whole", "refused"};

/* ---- what is to become of it, as it is kept ---- */

static json_t *wish_json(const struct upload_wish *w) {
    return json_pack("{s:b, s:o, s:o, s:o, s:b, s:b}", "import", w->import, "title", json_of_text(w->title), "lang",
                     json_of_text(w->lang), "title_id", json_of_id(w->into.v), "publish", w->publish, "duplicate",
                     w->duplicate);
}

static struct upload_wish wish_read(struct str text, struct arena *a) {
    struct upload_wish w = {.publish = true};
    json_t *j = json_loadb(text.p, text.n, 0, NULL);
    if (!j)
        return w;
    w.import = json_is_true(json_object_get(j, "import"));
    w.publish = json_is_true(json_object_get(j, "publish"));
    w.duplicate = json_is_true(json_object_get(j, "duplicate"));
    w.title = str_dup(a, json_get_str(j, "title"));
    w.lang = str_dup(a, json_get_str(j, "lang"));
    id_parse(json_get_str(j, "title_id"), &w.into.v);
    json_decref(j);
    return w;
}

/* ---- rows ---- */

static enum upload_state state_of(struct str s) {
    for (unsigned i = 0; i < ARRAY_LEN(state_names); i++)
        if (str_eq(s, str_of(state_names[i])))
            return (enum upload_state)i;
    assert(!"a state that its CHECK does not allow");
    return UPLOAD_REFUSED;
}

static int row_read(const struct rows *r, size_t i, struct arena *a, struct upload *u, struct err *reterr) {
    *u = (struct upload){
        .id = {row_id(r, i, 0)},
        .account = {row_id(r, i, 1)},
        .state = state_of(row_str(r, i, 2)),
        .name = row_str(r, i, 3),
        .metadata = row_str(r, i, 4),
        .wish = wish_read(row_str(r, i, 5), a),
        .size_bytes = row_null(r, i, 6) ? -1 : row_i64(r, i, 6),
        .mark = {.size_bytes = row_i64(r, i, 7)},
        .expected_sha256 = row_str(r, i, 9),
        .sha256 = row_str(r, i, 10),
        .blob = row_str(r, i, 11),
        .turn = row_i64(r, i, 12),
        .error_code = row_str(r, i, 14),
        .error_detail = row_str(r, i, 15),
        .created_ms = row_i64(r, i, 16),
        .touched_ms = row_i64(r, i, 17),
    };
    if (!row_null(r, i, 13))
        u->import.v = row_id(r, i, 13);
    if (!hash_state_read(row_str(r, i, 8), &u->mark.state) || u->mark.state.n != (uint64_t)u->mark.size_bytes)
        return err_set(reterr, ERR_CORRUPT, "upload " ID_FMT ": its running hash cannot be read", ID_ARG(u->id.v));
    return 0;
}

static int upload_load(const struct engine *e, struct upload_id id, struct arena *a, struct upload *ret,
                       struct err *reterr) {
    struct rows rows;
    int r = store_row(e->store, &ingest_sql[UPLOAD_GET], ARGS(A_ID(id)), a, &rows, reterr);
    return r < 0 ? r : row_read(&rows, 0, a, ret, reterr);
}

/* What a kill left between "all is there" and "it has its name". The bytes are on the disk and hashed. */
static int closing_end(const struct engine *e, const struct upload *u, struct arena *a, struct err *reterr) {
    struct blob_part *part = NULL;
    struct blob_info info;
    const char *name = str_cstr(a, u->blob);
    int r = 0;
    if (!name)
        return err_set(reterr, ERR_LIMIT, "no room for a name");
    if (blob_part_exists(e->blob, u->id.v)) {
        r = blob_part_open(e->blob, u->id.v, &u->mark, &part, reterr);
        if (r >= 0)
            r = blob_part_commit(&part, name, reterr);
    } else if (blob_stat(e->blob, name, &info, NULL) < 0) {
        return store_exec(e->store, &ingest_sql[UPLOAD_REFUSE],
                          ARGS(A_ID(u->id), A_CSTR("upload.lost"),
                               A_CSTR("What had arrived is not on the disk any more. Send the file again."),
                               A_I64(store_now_ms(e->store))),
                          reterr);
    }
    return r < 0 ? r : store_exec(e->store, &ingest_sql[UPLOAD_MAKE_WHOLE], ARGS(A_ID(u->id), A_I64(store_now_ms(e->store))),
                                  reterr);
}

int upload_settle(const struct engine *e, struct upload *u, struct arena *a, struct err *reterr) {
    if (u->state != UPLOAD_CLOSING)
        return 0;
    int r = closing_end(e, u, a, reterr);
    if (r >= 0)
        r = upload_load(e, u->id, a, u, reterr);
    return r >= 0 && u->state == UPLOAD_WHOLE ? upload_import_wished(e, u, a, reterr) : MIN(r, 0);
}

int upload_get(const struct engine *e, struct upload_id id, struct account_id account, struct arena *a,
               struct upload *ret, struct err *reterr) {
    int r = upload_load(e, id, a, ret, reterr);
    if (r < 0)
        return r;
    if (!str_eq(id_str(&ret->account.v), id_str(&account.v)))
        return err_set(reterr, ERR_NOT_FOUND, "upload " ID_FMT " is another's", ID_ARG(id.v));
    struct err busy = {0};
    r = upload_settle(e, ret, a, &busy);
    if (r < 0 && r != ERR_BUSY && reterr) /* busy: its writer is at it just now */
        *reterr = busy;
    return r < 0 && r != ERR_BUSY ? r : 0;
}

int upload_list(const struct engine *e, struct account_id account, struct str cursor, int limit, struct arena *a,
                struct upload **ret, size_t *ret_n, struct str *ret_next, struct err *reterr) {
    struct id from;
    struct rows rows;
    limit = limit ? CLAMP(limit, 1, 100) : 25;
    if (cursor.p && !id_parse(cursor, &from))
        return err_set(reterr, ERR_INVALID, "the cursor is not one of ours");
    int n = store_query(e->store, &ingest_sql[UPLOAD_PAGE],
                        ARGS(A_ID(account), A_STR(cursor.p ? id_str(&from) : STR("~")), A_I64(limit + 1)), a, &rows,
                        reterr);
    if (n < 0)
        return n;
    *ret_n = (size_t)MIN(n, limit);
    *ret = arena_news(a, struct upload, MAX(*ret_n, (size_t)1));
    if (!*ret)
        return err_set(reterr, ERR_LIMIT, "the list does not fit");
    for (size_t i = 0; i < *ret_n; i++) {
        int r = row_read(&rows, i, a, &(*ret)[i], reterr);
        if (r < 0)
            return r;
    }
    *ret_next = n > limit ? row_str(&rows, *ret_n - 1, 0) : STR_NULL;
    return 0;
}

/* ---- making ---- */

int filename_check(struct str name, struct err *reterr) {
    bool bad = name.n == 0 || name.n > 255 || !str_is_utf8(name) || str_index(name, '/') >= 0 ||
               str_index(name, '\\') >= 0 || str_eq(name, STR(".")) || str_eq(name, STR(".."));
    for (size_t i = 0; i < name.n; i++)
        bad = bad || (uint8_t)name.p[i] < ' ';
    return bad ? err_refuse(reterr, ERR_INVALID, "import.filename_invalid",
                            "Send the file's plain name, without folders.", "not a file name")
               : 0;
}

static int wish_check(const struct engine *e, struct upload_wish *w, struct arena *a, struct err *reterr) {
    struct title_card card;
    if (w->lang.n && !language_parse(w->lang, a, &w->lang))
        return err_refuse(reterr, ERR_INVALID, "import.language_unknown", "Send a BCP 47 tag such as en or pt-BR.",
                          "not a language");
    if (w->title.n > CATALOG_NAME_MAX || !str_is_utf8(w->title))
        return err_refuse(reterr, ERR_INVALID, "import.title_invalid", "Give a shorter title, in UTF-8.",
                          "the title is over %d bytes or not UTF-8", CATALOG_NAME_MAX);
    if (!id_is_set(w->into.v) ||
        catalog_card_by_id(e->store, w->into, STR_NULL, true, a, &card, reterr) != ERR_NOT_FOUND)
        return 0;
    return err_refuse(reterr, ERR_INVALID, "import.title_absent", "Choose a title that is there.",
                      "no title " ID_FMT, ID_ARG(w->into.v));
}

static int room_check(const struct engine *e, const struct upload *u, struct arena *a, struct err *reterr) {
    struct rows rows;
    if (u->size_bytes == 0)
        return err_refuse(reterr, ERR_BAD_MEDIA, "import.file_empty", "The file has no content: choose another.",
                          "an upload of zero bytes");
    if (u->size_bytes > UPLOAD_SIZE_MAX)
        return err_refuse(reterr, ERR_TOO_LARGE, "upload.too_large", "At most 512 GiB can be sent as one file.",
                          "an upload of %lld bytes", (long long)u->size_bytes);
    int r = store_row(e->store, &ingest_sql[UPLOADS_OPEN], ARGS(A_ID(u->account)), a, &rows, reterr);
    if (r < 0)
        return r;
    if (row_i64(&rows, 0, 0) >= UPLOADS_OPEN_MAX)
        return err_refuse(reterr, ERR_LIMIT, "upload.too_many",
                          "There are 200 uploads that have not ended. End or remove some of them first.",
                          "%d uploads are open", UPLOADS_OPEN_MAX);
    return import_space_check(e, MAX(u->size_bytes, (int64_t)0), reterr);
}

int upload_create(const struct engine *e, struct upload *u, struct arena *a, struct err *reterr) {
    char state[HASH_STATE_TEXT];
    int r = filename_check(u->name, reterr);
    if (r == 0)
        r = wish_check(e, &u->wish, a, reterr);
    if (r == 0)
        r = room_check(e, u, a, reterr);
    if (r < 0)
        return r;
    u->created_ms = u->touched_ms = store_now_ms(e->store);
    u->id = (struct upload_id){id_new(u->created_ms)};
    u->state = UPLOAD_OPEN;
    blob_mark_init(&u->mark);
    hash_state_write(&u->mark.state, state);
    json_t *wish = wish_json(&u->wish);
    scoped(mem_free) char *text = wish ? json_dumps(wish, JSON_COMPACT) : NULL;
    json_decref(wish);
    if (!text)
        return err_set(reterr, ERR_NO_MEMORY, "no memory for an upload");
    r = store_exec(e->store, &ingest_sql[UPLOAD_INSERT],
                   ARGS(A_ID(u->id), A_ID(u->account), A_STR(u->name), A_STR(u->metadata.p ? u->metadata : STR("")),
                        A_CSTR(text), u->size_bytes < 0 ? A_NULL : A_I64(u->size_bytes), A_CSTR(state),
                        A_STR(u->expected_sha256.p ? u->expected_sha256 : STR("")), A_I64(u->created_ms)),
                   reterr);
    return MIN(r, 0);
}

int upload_delete(const struct engine *e, const struct upload *u, struct arena *a, struct err *reterr) {
    int r = upload_turn_break(u->id, reterr);
    if (r >= 0)
        r = store_exec(e->store, &ingest_sql[UPLOAD_DELETE], ARGS(A_ID(u->id)), reterr);
    if (r >= 0)
        r = blob_part_remove(e->blob, u->id.v, reterr);
    if (r >= 0 && u->blob.n)
        r = source_release(e, u->blob, false, a, reterr);
    return MIN(r, 0);
}

/* ---- for people ---- */

static json_t *error_json(const struct upload *u) {
    return u->error_code.n ? json_pack("{s:o, s:o}", "code", json_of_str(u->error_code), "detail",
                                       json_of_str(u->error_detail))
                           : json_null();
}

json_t *upload_json(const struct engine *e, const struct upload *u, struct arena *a) {
    json_t *same = NULL;
    if (u->state != UPLOAD_WHOLE || id_is_set(u->import.v) || import_duplicates(e, u->blob, a, &same, NULL) < 0)
        same = json_array();
    return json_pack("{s:o, s:s, s:o, s:o, s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "id", json_of_id(u->id.v), "state",
                     state_names[u->state], "file_name", json_of_str(u->name), "size",
                     u->size_bytes < 0 ? json_null() : json_integer(u->size_bytes), "offset",
                     (json_int_t)u->mark.size_bytes, "sha256", json_of_text(u->sha256), "title_id",
                     json_of_id(u->wish.into.v), "import_id", json_of_id(u->import.v), "duplicates", same, "error",
                     error_json(u), "created_at", json_of_time(u->created_ms), "expires_at",
                     json_of_time(u->touched_ms + UPLOAD_KEPT_MS));
}

int upload_export(const struct engine *e, struct account_id account, json_t **ret, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(64 << 20);
    struct rows rows;
    int n = store_query(e->store, &ingest_sql[UPLOADS_OF_ACCOUNT], ARGS(A_ID(account)), &a, &rows, reterr);
    if (n < 0)
        return n;
    json_t *list = json_array();
    for (int i = 0; i < n; i++)
        json_array_append_new(list, json_pack("{s:o, s:o, s:o}", "file_name", json_of_str(row_str(&rows, (size_t)i, 3)),
                                              "state", json_of_str(row_str(&rows, (size_t)i, 2)), "created_at",
                                              json_of_time(row_i64(&rows, (size_t)i, 16))));
    *ret = json_pack("{s:o}", "uploads", list);
    return *ret ? 0 : err_set(reterr, ERR_NO_MEMORY, "no memory for an export");
}

int upload_erase(const struct engine *e, struct account_id account, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(64 << 20);
    struct rows rows;
    int n = store_query(e->store, &ingest_sql[UPLOADS_OF_ACCOUNT], ARGS(A_ID(account)), &a, &rows, reterr), r = MIN(n, 0);
    for (int i = 0; i < n && r >= 0; i++) {
        struct upload u;
        r = row_read(&rows, (size_t)i, &a, &u, reterr);
        if (r >= 0)
            r = upload_delete(e, &u, &a, reterr);
    }
    return r;
}

/* ---- by the clock ---- */

static int each_of(const struct engine *e, int statement, int64_t before_ms,
                   int (*fn)(const struct engine *e, struct upload *u, struct arena *a, struct err *reterr),
                   struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(64 << 20);
    struct rows rows;
    int n = store_query(e->store, &ingest_sql[statement], ARGS(A_I64(before_ms)), &a, &rows, reterr), r = MIN(n, 0);
    for (int i = 0; i < n && r >= 0; i++) {
        struct upload u;
        r = upload_load(e, (struct upload_id){row_id(&rows, (size_t)i, 0)}, &a, &u, reterr);
        if (r >= 0)
            r = fn(e, &u, &a, reterr);
        if (r == ERR_NOT_FOUND || r == ERR_BUSY || r == ERR_LOCKED) { /* gone meanwhile, or somebody is at it */
            err_clear(reterr);
            r = 0;
        }
    }
    return MIN(r, 0);
}

static int old_delete(const struct engine *e, struct upload *u, struct arena *a, struct err *reterr) {
    return upload_delete(e, u, a, reterr);
}

int upload_sweep(const struct engine *e, struct err *reterr) {
    int64_t now = store_now_ms(e->store), a_minute_ago = now - 60000;
    int r = each_of(e, UPLOADS_CLOSING, a_minute_ago, upload_settle, reterr);
    if (r >= 0)
        r = each_of(e, UPLOADS_WAITING, a_minute_ago, upload_import_wished, reterr);
    return r < 0 ? r : each_of(e, UPLOADS_OLD, now - UPLOAD_KEPT_MS, old_delete, reterr);
}
