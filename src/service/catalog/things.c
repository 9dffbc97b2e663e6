/*
 * things.c - what titles name: genres, people, studios, collections, custom fields. All five are listed, read, put and dropped
 * in the same way; what differs stands in the table at the end of this file.
 */
#include "service/catalog/things.h"
#include "service/json.h"

#define ABSENT (-1)

static int put_refused(int rc, struct err *reterr) {
    return rc == ERR_CONFLICT ? err_refuse(reterr, ERR_CONFLICT, "catalog.contradicts",
                                           "Something here is named twice, or names what is not there.", "a key was violated")
                              : rc;
}

int thing_absent(const struct thing *t, struct id id, struct err *reterr) {
    return err_refuse(reterr, ERR_NOT_FOUND, "catalog.not_found", "There is nothing of that id.", "no %s " ID_FMT, t->word, ID_ARG(id));
}

int thing_say(struct tx *tx, const struct thing *t, struct id id, const char *what, struct err *reterr) {
    char name[40], body[48];
    snprintf(name, sizeof name, "%s.%s", t->word, what);
    snprintf(body, sizeof body, "{\"id\":\"" ID_FMT "\"}", ID_ARG(id));
    return event_publish(tx, name, 1, id_str(&id), str_of(body), reterr);
}

/* The texts of up to CATALOG_BATCH rows, in one statement. */
static int texts_load(struct store *st, const struct thing *t, const struct rows *r, struct arena *a, struct rows *ret,
                      struct err *reterr) {
    struct sql_val v[CATALOG_BATCH];
    *ret = (struct rows){0};
    if (t->texts == ABSENT)
        return 0;
    for (size_t i = 0; i < CATALOG_BATCH; i++)
        v[i] = i < r->n ? A_STR(row_str(r, i, 0)) : A_NULL;
    int rc = store_query(st, &catalog_sql[t->texts], (struct sql_args){v, CATALOG_BATCH}, a, ret, reterr);
    return rc < 0 ? rc : 0;
}

static json_t *texts_json(const struct rows *r, struct str id) {
    json_t *list = json_array();
    size_t from, to = rows_of(r, id, &from);
    for (size_t i = from; i < to; i++) {
        json_t *o = json_pack("{s:o, s:o}", "lang", json_of_str(row_str(r, i, 1)), "name", json_of_str(row_str(r, i, 2)));
        if (r->cols > 3)
            json_object_set_new(o, "synopsis", json_of_str(row_str(r, i, 3)));
        json_array_append_new(list, o);
    }
    return list;
}

static json_t *thing_json(const struct thing *t, const struct rows *r, size_t row, const struct rows *texts) {
    json_t *o = json_pack("{s:o, s:o}", "id", json_of_id(row_id(r, row, 0)), t->key, json_of_str(row_str(r, row, 1)));
    t->read(r, row, o);
    json_object_set_new(o, "revision", json_integer(row_i64(r, row, r->cols - 1)));
    if (t->texts != ABSENT)
        json_object_set_new(o, "texts", texts_json(texts, row_str(r, row, 0)));
    return o;
}

int thing_list(struct request *rq, const struct thing *t, struct err *reterr) {
    struct arena *a = request_arena(rq);
    struct store *st = request_engine(rq)->store;
    struct str after = request_query(rq, "cursor"), q = request_query(rq, "q");
    struct str names = like_pattern(q, a), slugs = like_pattern(str_slug(a, text_fold(a, q), 200), a);
    struct rows r, texts;
    int64_t limit = request_query_int(rq, "limit", CATALOG_BATCH);
    if (!names.p || !slugs.p)
        return err_set(reterr, ERR_LIMIT, "no room for a pattern");
    if (q.n && slugs.n == 2) /* nothing that a slug could hold: only names are looked through */
        slugs = STR("");
    int rc = store_query(st, &catalog_sql[t->list],
                         ARGS(A_STR(after.p ? after : STR("")), A_STR(names), A_STR(slugs), A_I64(limit + 1)), a, &r, reterr);
    size_t n = rc > 0 ? MIN(r.n, (size_t)limit) : 0;
    if (rc >= 0) {
        struct rows shown = r;
        shown.n = n;
        rc = texts_load(st, t, &shown, a, &texts, reterr);
    }
    if (rc < 0)
        return rc;
    json_t *items = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(items, thing_json(t, &r, i, &texts));
    return reply_json(rq, 200, json_pack("{s:o, s:o}", "items", items, "next_cursor",
                                         r.n > n ? json_of_str(row_str(&r, n - 1, 1)) : json_null()));
}

static int reply_thing(struct request *rq, const struct thing *t, struct id id, int status, struct err *reterr) {
    struct store *st = request_engine(rq)->store;
    struct arena *a = request_arena(rq);
    struct rows r, texts;
    int rc = store_query(st, &catalog_sql[t->get], ARGS(A_CSTR(id.s)), a, &r, reterr);
    if (rc == 0)
        return thing_absent(t, id, reterr);
    if (rc > 0)
        rc = texts_load(st, t, &r, a, &texts, reterr);
    if (rc < 0)
        return rc;
    json_t *o = thing_json(t, &r, 0, &texts);
    if (t->content) {
        rc = t->content(st, id, a, o, reterr);
        if (rc < 0) {
            json_decref(o);
            return rc;
        }
    }
    return reply_json(rq, status, o);
}

int thing_get(struct request *rq, const struct thing *t, struct err *reterr) {
    struct id id = {0};
    id_parse(request_param(rq, "id"), &id);
    return reply_thing(rq, t, id, 200, reterr);
}

static int taken_by_slug(struct tx *tx, struct str slug, void *arg, struct arena *a, struct err *reterr) {
    const struct thing *t = arg;
    struct rows r;
    return tx_query(tx, &catalog_sql[t->taken], ARGS(A_STR(slug)), a, &r, reterr);
}

/* The slug that was sent, where nobody else has it; else one made of the name, or the one it has. */
static int key_choose(struct tx *tx, const struct thing *t, struct id id, const json_t *body, bool fresh, struct arena *a,
                      struct str *ret, struct err *reterr) {
    struct str wish = json_get_str(body, t->key), name = json_get_str(body, "name");
    const json_t *first = json_array_get(json_object_get(body, "texts"), 0);
    struct rows r;
    if (!name.n)
        name = json_get_str(first, "name");
    if (!wish.n && fresh)
        return slug_make(tx, name, id, t->word, taken_by_slug, (void *)(uintptr_t)t, a, ret, reterr);
    int rc = tx_query(tx, &catalog_sql[wish.n ? t->taken : t->get], ARGS(wish.n ? A_STR(wish) : A_CSTR(id.s)), a, &r, reterr);
    if (rc < 0)
        return rc;
    if (!wish.n && !rc)
        return thing_absent(t, id, reterr);
    *ret = wish.n ? wish : row_str(&r, 0, 1);
    if (wish.n && !str_eq(str_slug(a, wish, CATALOG_SLUG_MAX), wish))
        return err_refuse(reterr, ERR_INVALID, "catalog.slug_invalid", "Use lower-case letters, digits and single dashes.",
                          "bad %s", t->key);
    if (wish.n && rc && !str_eq(row_str(&r, 0, 0), id_str(&id)))
        return err_refuse(reterr, ERR_CONFLICT, "catalog.slug_taken", "Another one has that name already: choose another.",
                          "%s taken", t->key);
    return 0;
}

static int texts_put(struct tx *tx, const struct thing *t, struct id id, const json_t *body, struct err *reterr) {
    const json_t *texts = json_object_get(body, "texts");
    int rc = t->texts == ABSENT ? 0 : tx_exec(tx, &catalog_sql[t->text_clear], ARGS(A_CSTR(id.s)), reterr);
    for (size_t i = 0; rc >= 0 && i < json_array_size(texts); i++) {
        const json_t *x = json_array_get(texts, i);
        struct str synopsis = json_get_str(x, "synopsis");
        struct sql_val v[] = {A_CSTR(id.s), A_STR(json_get_str(x, "lang")), A_STR(json_get_str(x, "name")),
                              A_STR(synopsis.p ? synopsis : STR(""))};
        rc = tx_exec(tx, &catalog_sql[t->text_add], (struct sql_args){v, t->text_synopsis ? 4 : 3}, reterr);
    }
    return put_refused(rc, reterr);
}

/* Why no row took a change: it has gone, or is another by now. */
static int missed(struct tx *tx, const struct thing *t, struct id id, struct arena *a, struct err *reterr) {
    struct rows r;
    int rc = tx_query(tx, &catalog_sql[t->get], ARGS(A_CSTR(id.s)), a, &r, reterr);
    if (rc < 0)
        return rc;
    return rc ? err_refuse(reterr, ERR_CONFLICT, "catalog.changed",
                           "Somebody else has changed this meanwhile: load it again and repeat your change.",
                           "another revision of %s " ID_FMT, t->word, ID_ARG(id))
              : thing_absent(t, id, reterr);
}

int thing_write(struct tx *tx, const struct thing *t, struct id id, const json_t *body, bool fresh, struct arena *a,
                struct err *reterr) {
    struct sql_val v[THING_ARGS] = {A_CSTR(id.s)};
    struct str key;
    size_t n = 2;
    int rc = t->check ? t->check(body, reterr) : 0;
    if (rc == 0 && !fresh && t->may_change)
        rc = t->may_change(tx, id, body, a, reterr);
    if (rc == 0)
        rc = key_choose(tx, t, id, body, fresh, a, &key, reterr);
    if (rc)
        return rc;
    v[1] = A_STR(key);
    rc = t->write(body, a, v, &n);
    if (!fresh)
        v[n++] = A_I64(json_get_int(body, "revision", -1));
    if (rc == 0)
        rc = tx_exec(tx, &catalog_sql[fresh ? t->insert : t->update], (struct sql_args){v, n}, reterr);
    if (rc == 0 && !fresh)
        return missed(tx, t, id, a, reterr);
    if (rc < 0)
        return put_refused(rc, reterr);
    rc = texts_put(tx, t, id, body, reterr);
    if (rc >= 0 && t->content_put && json_is_array(json_object_get(body, "titles")))
        rc = put_refused(t->content_put(tx, id, json_object_get(body, "titles"), reterr), reterr);
    return rc < 0 ? rc : thing_say(tx, t, id, "changed", reterr);
}

static int write_and_reply(struct request *rq, const struct thing *t, struct id id, bool fresh, struct err *reterr) {
    scoped(tx_rollback) struct tx *tx = NULL;
    int rc = tx_begin(request_engine(rq)->store, STORE_MAIN, TX_WRITE, &tx, reterr);
    if (rc == 0)
        rc = thing_write(tx, t, id, request_json(rq), fresh, request_arena(rq), reterr);
    if (rc == 0)
        rc = tx_commit(&tx, reterr);
    return rc < 0 ? rc : reply_thing(rq, t, id, fresh ? 201 : 200, reterr);
}

int thing_post(struct request *rq, const struct thing *t, struct err *reterr) {
    return write_and_reply(rq, t, id_new(request_now_ms(rq)), true, reterr);
}

int thing_put(struct request *rq, const struct thing *t, struct err *reterr) {
    struct id id = {0};
    id_parse(request_param(rq, "id"), &id);
    return write_and_reply(rq, t, id, false, reterr);
}

int thing_drop(struct tx *tx, const struct thing *t, struct id id, bool detach, struct arena *a, struct err *reterr) {
    struct rows r;
    int rc = detach ? thing_detach(tx, t, id, a, reterr) : 0;
    if (rc == 0 && t->used != ABSENT)
        rc = tx_query(tx, &catalog_sql[t->used], ARGS(A_CSTR(id.s)), a, &r, reterr);
    if (rc > 0)
        return err_refuse(reterr, ERR_CONFLICT, "catalog.in_use", "Titles name it still: take it from them first.",
                          "%s " ID_FMT " is in use", t->word, ID_ARG(id));
    if (rc == 0)
        rc = tx_exec(tx, &catalog_sql[t->drop], ARGS(A_CSTR(id.s)), reterr);
    if (rc == 0)
        return thing_absent(t, id, reterr);
    return rc < 0 ? rc : thing_say(tx, t, id, "deleted", reterr);
}

int thing_delete(struct request *rq, const struct thing *t, struct err *reterr) {
    scoped(tx_rollback) struct tx *tx = NULL;
    struct id id = {0};
    id_parse(request_param(rq, "id"), &id);
    int rc = tx_begin(request_engine(rq)->store, STORE_MAIN, TX_WRITE, &tx, reterr);
    if (rc == 0)
        rc = thing_drop(tx, t, id, str_eq(request_query(rq, "detach"), STR("true")), request_arena(rq), reterr);
    if (rc == 0)
        rc = tx_commit(&tx, reterr);
    return rc < 0 ? rc : reply_empty(rq);
}

/* ---- What differs ---- */

static struct str text_of(const json_t *body, const char *name) {
    struct str s = json_get_str(body, name);
    return s.p ? s : STR("");
}

static void genre_read(const struct rows *r, size_t row, json_t *o) {
    json_object_set_new(o, "position", json_integer(row_i64(r, row, 2)));
}
static int genre_write(const json_t *body, struct arena *a, struct sql_val *v, size_t *n) {
    v[(*n)++] = A_I64(json_get_int(body, "position", 0));
    return 0;
}

static void person_read(const struct rows *r, size_t row, json_t *o) {
    static const char *const names[] = {"name", "sort_name", "bio"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        json_object_set_new(o, names[i], json_of_str(row_str(r, row, 2 + i)));
}
static int person_write(const json_t *body, struct arena *a, struct sql_val *v, size_t *n) {
    struct str sort = text_of(body, "sort_name");
    v[(*n)++] = A_STR(json_get_str(body, "name"));
    v[(*n)++] = A_STR(sort.n ? sort : json_get_str(body, "name"));
    v[(*n)++] = A_STR(text_of(body, "bio"));
    return 0;
}

static void studio_read(const struct rows *r, size_t row, json_t *o) {
    json_object_set_new(o, "name", json_of_str(row_str(r, row, 2)));
}
static int studio_write(const json_t *body, struct arena *a, struct sql_val *v, size_t *n) {
    v[(*n)++] = A_STR(json_get_str(body, "name"));
    return 0;
}

static void collection_read(const struct rows *r, size_t row, json_t *o) {
    genre_read(r, row, o);
    json_object_set_new(o, "published", json_boolean(row_i64(r, row, 3)));
}
static int collection_write(const json_t *body, struct arena *a, struct sql_val *v, size_t *n) {
    genre_write(body, a, v, n);
    v[(*n)++] = A_BOOL(json_is_true(json_object_get(body, "published")));
    return 0;
}
static int collection_content(struct store *st, struct id id, struct arena *a, json_t *o, struct err *reterr) {
    struct rows r;
    int rc = store_query(st, &catalog_sql[COLLECTION_CONTENT], ARGS(A_CSTR(id.s)), a, &r, reterr);
    json_t *titles = json_array();
    for (size_t i = 0; rc > 0 && i < r.n; i++)
        json_array_append_new(titles, json_of_str(row_str(&r, i, 0)));
    json_object_set_new(o, "titles", titles);
    return rc;
}
static int collection_content_put(struct tx *tx, struct id id, const json_t *titles, struct err *reterr) {
    int rc = tx_exec(tx, &catalog_sql[COLLECTION_TITLE_CLEAR], ARGS(A_CSTR(id.s)), reterr);
    for (size_t i = 0; rc >= 0 && i < json_array_size(titles); i++) {
        struct id title = {0};
        id_parse(str_of(json_string_value(json_array_get(titles, i))), &title);
        rc = tx_exec(tx, &catalog_sql[COLLECTION_TITLE_ADD], ARGS(A_CSTR(id.s), A_CSTR(title.s), A_I64((int64_t)i)), reterr);
    }
    return rc;
}

static void field_read(const struct rows *r, size_t row, json_t *o) {
    struct str options = row_str(r, row, 6);
    json_object_set_new(o, "type", json_of_str(row_str(r, row, 2)));
    json_object_set_new(o, "label", json_of_str(row_str(r, row, 3)));
    json_object_set_new(o, "required", json_boolean(row_i64(r, row, 4)));
    json_object_set_new(o, "position", json_integer(row_i64(r, row, 5)));
    json_object_set_new(o, "options", json_loadb(options.p, options.n, 0, NULL));
}
static int field_check(const json_t *body, struct err *reterr) {
    bool choice = str_eq(json_get_str(body, "type"), STR("choice"));
    if (choice == (json_array_size(json_object_get(body, "options")) > 0))
        return 0;
    return err_refuse(reterr, ERR_INVALID, "catalog.field_options",
                      choice ? "Say what can be chosen: options." : "Only a choice has options.", "options of another type");
}
/* What titles say in it was checked as what it is now. */
static int field_may_change(struct tx *tx, struct id id, const json_t *body, struct arena *a, struct err *reterr) {
    struct rows r, used;
    int rc = tx_query(tx, &catalog_sql[FIELD_GET], ARGS(A_CSTR(id.s)), a, &r, reterr);
    if (rc <= 0 || str_eq(row_str(&r, 0, 2), json_get_str(body, "type")))
        return MIN(rc, 0);
    rc = tx_query(tx, &catalog_sql[FIELD_USED], ARGS(A_CSTR(id.s)), a, &used, reterr);
    if (rc > 0)
        return err_refuse(reterr, ERR_CONFLICT, "catalog.field_in_use", "Titles have a value in it, so its type stays.",
                          "field " ID_FMT " is in use", ID_ARG(id));
    return rc;
}
static int field_write(const json_t *body, struct arena *a, struct sql_val *v, size_t *n) {
    const json_t *options = json_object_get(body, "options");
    char *text = options ? json_dumps(options, JSON_COMPACT) : NULL;
    v[(*n)++] = A_STR(json_get_str(body, "type"));
    v[(*n)++] = A_STR(json_get_str(body, "label"));
    v[(*n)++] = A_BOOL(json_is_true(json_object_get(body, "required")));
    v[(*n)++] = A_I64(json_get_int(body, "position", 0));
    v[(*n)++] = A_STR(text ? str_dup(a, str_of(text)) : STR("[]"));
    free(text);
    return 0;
}

const struct thing thing_genre = {
    .word = "genre", .titles = GENRE_USE, .titles_count = GENRE_USE_COUNT, .detach = GENRE_DETACH, .place = GENRE_PLACE,
    .key = "slug", .list = GENRE_LIST, .get = GENRE_GET, .taken = GENRE_TAKEN, .insert = GENRE_INSERT,
    .update = GENRE_UPDATE, .drop = GENRE_DROP, .used = GENRE_USED, .texts = GENRE_TEXTS, .text_add = GENRE_TEXT_ADD,
    .text_clear = GENRE_TEXT_CLEAR, .read = genre_read, .write = genre_write};
const struct thing thing_person = {
    .word = "person", .titles = PERSON_USE, .titles_count = PERSON_USE_COUNT, .detach = PERSON_DETACH,
    .key = "slug", .list = PERSON_LIST, .get = PERSON_GET, .taken = PERSON_TAKEN, .insert = PERSON_INSERT,
    .update = PERSON_UPDATE, .drop = PERSON_DROP, .used = PERSON_USED, .texts = PERSON_TEXTS, .text_add = PERSON_TEXT_ADD,
    .text_clear = PERSON_TEXT_CLEAR, .read = person_read, .write = person_write};
const struct thing thing_studio = {
    .word = "studio", .titles = STUDIO_USE, .titles_count = STUDIO_USE_COUNT, .detach = STUDIO_DETACH,
    .key = "slug", .list = STUDIO_LIST, .get = STUDIO_GET, .taken = STUDIO_TAKEN, .insert = STUDIO_INSERT,
    .update = STUDIO_UPDATE, .drop = STUDIO_DROP, .used = STUDIO_USED, .texts = ABSENT, .read = studio_read,
    .write = studio_write};
const struct thing thing_collection = {
    .word = "collection", .titles = COLLECTION_USE, .titles_count = COLLECTION_USE_COUNT, .detach = COLLECTION_DETACH, .place = COLLECTION_PLACE,
    .key = "slug", .list = COLLECTION_LIST, .get = COLLECTION_GET, .taken = COLLECTION_TAKEN,
    .insert = COLLECTION_INSERT, .update = COLLECTION_UPDATE, .drop = COLLECTION_DROP, .used = ABSENT,
    .texts = COLLECTION_TEXTS_OF, .text_add = COLLECTION_TEXT_ADD, .text_clear = COLLECTION_TEXT_CLEAR, .text_synopsis = true,
    .read = collection_read, .write = collection_write, .content = collection_content, .content_put = collection_content_put};
const struct thing thing_field = {
    .word = "custom-field", .titles = FIELD_USE, .titles_count = FIELD_USE_COUNT, .detach = FIELD_DETACH, .place = FIELD_PLACE,
    .key = "name", .list = FIELD_LIST, .get = FIELD_GET, .taken = FIELD_TAKEN, .insert = FIELD_INSERT,
    .update = FIELD_UPDATE, .drop = FIELD_DROP, .used = FIELD_USED, .texts = ABSENT, .read = field_read, .write = field_write,
    .check = field_check, .may_change = field_may_change};
