/* upload_import.c - an upload that is whole becomes a film: of a new title, or of one that is there. */
#include "base/log.h"
#include "service/catalog/catalog.h"
#include "service/ingest/upload.h"
#include "service/json.h"

/* One title a row; an import whose title has gone again is no duplicate worth naming. */
static int duplicate_add(const struct engine *e, json_t *list, const struct rows *rows, size_t i, struct arena *a,
                         struct err *reterr) {
    struct import_id id = {row_id(rows, i, 0)};
    struct import_link link = {0};
    struct title_card card = {.name = row_str(rows, i, 1)};
    int r = import_link_get(e, id, a, &link, reterr);
    if (r >= 0)
        r = catalog_card_by_id(e->store, link.title, STR_NULL, true, a, &card, reterr);
    bool waiting = !str_eq(row_str(rows, i, 2), STR("done"));
    if (r == ERR_NOT_FOUND) {
        err_clear(reterr);
        if (!waiting)
            return 0;
        card.name = row_str(rows, i, 1);
    } else if (r < 0) {
        return r;
    }
    json_array_append_new(list, json_pack("{s:o, s:o, s:o, s:o}", "import_id", json_of_id(id.v), "title_id",
                                          json_of_id(card.id.v), "title_slug", json_of_text(card.slug), "title_name",
                                          json_of_str(card.name)));
    return 0;
}

int import_duplicates(const struct engine *e, struct str blob, struct arena *a, json_t **ret, struct err *reterr) {
    struct rows rows;
    int n = store_query(e->store, &ingest_sql[IMPORTS_OF_BLOB], ARGS(A_STR(blob)), a, &rows, reterr), r = MIN(n, 0);
    json_t *list = json_array();
    for (int i = 0; i < n && r >= 0; i++)
        r = duplicate_add(e, list, &rows, (size_t)i, a, reterr);
    if (r < 0)
        json_decref(list);
    else
        *ret = list;
    return r;
}

int upload_import(const struct engine *e, struct upload *u, const struct upload_wish *wish, struct arena *a,
                  struct err *reterr) {
    if (u->state != UPLOAD_WHOLE)
        return err_refuse(reterr, ERR_CONFLICT, "upload.not_whole", "Wait until all of the file has arrived.",
                          "upload " ID_FMT " is not whole", ID_ARG(u->id.v));
    struct import_input film = {
        .kind = INPUT_FILM, .name = u->name, .lang = wish->lang, .blob = u->blob, .size_bytes = u->size_bytes};
    struct import_new n = {.title = wish->title,
                           .lang = wish->lang,
                           .policy = wish->policy,
                           .scheme = SCHEME_CBCS,
                           .publish = wish->publish,
                           .into = wish->into,
                           .upload = u->id,
                           .unique = !wish->duplicate,
                           .inputs = &film,
                           .n_inputs = 1};
    struct title_card card;
    if (id_is_set(wish->into.v)) {
        int r = catalog_card_by_id(e->store, wish->into, STR_NULL, true, a, &card, reterr);
        if (r == ERR_NOT_FOUND)
            return err_refuse(reterr, ERR_INVALID, "import.title_absent", "Choose a title that is there.",
                              "no title " ID_FMT, ID_ARG(wish->into.v));
        if (r < 0)
            return r;
        n.title = card.name;
    }
    return import_create(e, &n, a, &u->import, reterr);
}

int upload_import_wished(const struct engine *e, struct upload *u, struct arena *a, struct err *reterr) {
    struct err why = {0};
    int r;
    if (!u->wish.import || id_is_set(u->import.v) || u->state != UPLOAD_WHOLE)
        return 0;
    STORE_RETRY(r, &why, upload_import(e, u, &u->wish, a, &why));
    if (r >= 0 || str_eq(str_of(err_reason(&why)), STR("upload.imported")))
        return 0;
    if (r != ERR_CONFLICT && r != ERR_INVALID && r != ERR_NOT_FOUND && r != ERR_BAD_MEDIA) {
        if (reterr)
            *reterr = why;
        return r;
    }
    log_event(LOG_INFO, "upload.not_imported", LS("upload", u->id.v.s), LS("reason", err_reason(&why)));
    u->error_code = str_dup(a, str_of(err_reason(&why)));
    u->error_detail = str_dup(a, str_of(why.hint));
    r = store_exec(e->store, &ingest_sql[UPLOAD_NOTE],
                   ARGS(A_ID(u->id), A_STR(u->error_code.p ? u->error_code : STR("invalid")),
                        A_STR(u->error_detail.p ? u->error_detail : STR(""))),
                   reterr);
    return MIN(r, 0);
}
