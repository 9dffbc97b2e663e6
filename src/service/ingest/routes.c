/* routes.c - imports over HTTP, for editors: list, one, its progress as events, an upload, cancel,
 * retry. */
#include "base/buf.h"
#include "service/ingest/upload.h"
#include "service/json.h"
#include <stdio.h>
#include <string.h>

static int imports_get(struct request *rq, struct err *reterr) {
    struct import_view *v;
    size_t n;
    struct str next;
    int r = import_list(request_engine(rq), request_query(rq, "cursor"),
                        (int)request_query_int(rq, "limit", 0), request_arena(rq), &v, &n, &next,
                        reterr);
    if (r < 0)
        return r;
    json_t *items = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(items, import_json(&v[i]));
    return reply_json(rq, 200,
                      json_pack("{s:o, s:o}", "items", items, "next_cursor", json_of_str(next)));
}

static struct import_id import_param(struct request *rq) {
    struct id id = {""};
    bool ok = id_parse(request_param(rq, "id"), &id); /* the router checked it */
    assert(ok);
    return (struct import_id){id};
}

static int import_reply(struct request *rq, struct import_id id, int status, struct err *reterr) {
    struct import_view v;
    int r = import_get(request_engine(rq), id, request_arena(rq), &v, reterr);
    return r < 0 ? r : reply_json(rq, status, import_json(&v));
}

static int import_get_one(struct request *rq, struct err *reterr) {
    return import_reply(rq, import_param(rq), 200, reterr);
}

static int import_cancel_post(struct request *rq, struct err *reterr) {
    int r = import_cancel(request_engine(rq), import_param(rq), reterr);
    return r < 0 ? r : import_reply(rq, import_param(rq), 200, reterr);
}

static int import_again_post(struct request *rq, struct err *reterr) {
    struct import_id made;
    int r = import_again(request_engine(rq), import_param(rq), request_arena(rq), &made, reterr);
    return r < 0 ? r : import_reply(rq, made, 202, reterr);
}

static int import_retry_post(struct request *rq, struct err *reterr) {
    int r = import_retry(request_engine(rq), import_param(rq), reterr);
    return r < 0 ? r : import_reply(rq, import_param(rq), 200, reterr);
}

enum { SPACE_EVERY = 16 << 20 };

static int upload_receive(struct request *rq, struct str *ret_blob, int64_t *ret_size,
                          struct err *reterr) {
    struct blob_writer *w = NULL;
    struct blob_info info;
    const struct engine *e = request_engine(rq);
    int64_t got = 0, looked = 0;
    char piece[64 << 10];
    /* Room for all that was announced, or the sender would hear of it after an hour. */
    int r = import_space_check(e, MAX(request_length(rq), (int64_t)0), reterr);
    if (r >= 0)
        r = blob_create_hashed(e->blob, "source", &w, reterr);
    while (r >= 0) {
        ssize_t n = request_read(rq, piece, sizeof piece, reterr);
        if (n <= 0) {
            r = (int)n;
            break;
        }
        got += n;
        r = blob_write(w, piece, (size_t)n, reterr);
        if (r >= 0 && got - looked >= SPACE_EVERY) { /* others write too */
            looked = got;
            r = import_space_check(e, 0, reterr);
        }
    }
    if (r >= 0 && got == 0)
        r = err_refuse(reterr, ERR_BAD_MEDIA, "import.file_empty",
                       "The file has no content: choose another.", "an upload of zero bytes");
    if (r >= 0)
        r = blob_commit(&w, request_arena(rq), ret_blob, &info, reterr);
    blob_abort(&w);
    *ret_size = got;
    return r;
}

static int imports_post(struct request *rq, struct err *reterr) {
    struct arena *a = request_arena(rq);
    struct import_input film = {.kind = INPUT_FILM,
                                .name = request_query(rq, "filename"),
                                .lang = request_query(rq, "lang")};
    int r = filename_check(film.name, reterr);
    if (r >= 0 && film.lang.n && !language_parse(film.lang, a, &film.lang))
        r = err_refuse(reterr, ERR_INVALID, "import.language_unknown",
                       "Send a BCP 47 tag such as en or pt-BR.", "not a language");
    if (r < 0 || (r = upload_receive(rq, &film.blob, &film.size_bytes, reterr)) < 0)
        return r;
    struct str publish = request_query(rq, "publish");
    struct import_new n = {.title = request_query(rq, "title"),
                           .lang = film.lang,
                           .scheme = SCHEME_CBCS,
                           .publish = !str_eq(publish, STR("false")),
                           .inputs = &film,
                           .n_inputs = 1};
    struct import_id id;
    r = import_create(request_engine(rq), &n, a, &id, reterr);
    return r < 0 ? r : import_reply(rq, id, 202, reterr);
}

static const struct field error_fields[] = {
    {"code", F_STR, FIELD_REQUIRED}, {"detail", F_STR, FIELD_REQUIRED, 0, 1000}, {.type = F_END}};

static const struct field import_fields[] = {
    {"id", F_ID, FIELD_REQUIRED},
    {"title_id", F_ID, FIELD_REQUIRED | FIELD_NULLABLE},
    {"asset_id", F_ID, FIELD_REQUIRED | FIELD_NULLABLE},
    {"title_slug", F_STR, FIELD_REQUIRED | FIELD_NULLABLE},
    {"title_name", F_STR, FIELD_REQUIRED},
    {"file_name", F_STR, FIELD_REQUIRED},
    {"state", F_STR, FIELD_REQUIRED, .values = "queued|running|done|failed|cancelled"},
    {"stage", F_STR, FIELD_REQUIRED | FIELD_NULLABLE,
     .doc = "store, probe, plan, encode, audio, text, images, package, verify, publish"},
    {"stage_doc", F_STR, FIELD_REQUIRED | FIELD_NULLABLE, .doc = "The stage in a word for people"},
    {"progress", F_NUM, FIELD_REQUIRED, .doc = "0 to 1 over the whole journey"},
    {"speed", F_NUM, FIELD_REQUIRED | FIELD_NULLABLE, .doc = "Seconds of film in a second"},
    {"eta_s", F_INT, FIELD_REQUIRED | FIELD_NULLABLE},
    {"error", F_OBJ, FIELD_REQUIRED | FIELD_NULLABLE, .ref = "ImportError"},
    {"warnings", F_STR, FIELD_REQUIRED | FIELD_ARRAY,
     .doc = "What an editor may want to know about the film"},
    {"created_at", F_TIME, FIELD_REQUIRED},
    {"started_at", F_TIME, FIELD_REQUIRED | FIELD_NULLABLE},
    {"ended_at", F_TIME, FIELD_REQUIRED | FIELD_NULLABLE},
    {.type = F_END},
};

static const struct field list_fields[] = {
    {"items", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, .ref = "Import"},
    {"next_cursor", F_STR, FIELD_REQUIRED | FIELD_NULLABLE},
    {.type = F_END},
};

static const struct field duplicate_fields[] = {
    {"import_id", F_ID, FIELD_REQUIRED},
    {"title_id", F_ID, FIELD_REQUIRED | FIELD_NULLABLE},
    {"title_slug", F_STR, FIELD_REQUIRED | FIELD_NULLABLE},
    {"title_name", F_STR, FIELD_REQUIRED},
    {.type = F_END},
};

static const struct field upload_fields[] = {
    {"id", F_ID, FIELD_REQUIRED},
    {"state", F_STR, FIELD_REQUIRED, .values = "open|closing|whole|refused"},
    {"file_name", F_STR, FIELD_REQUIRED},
    {"size", F_INT, FIELD_REQUIRED | FIELD_NULLABLE, .doc = "Bytes; null while it is not known"},
    {"offset", F_INT, FIELD_REQUIRED, .doc = "Bytes that have arrived and stay through any failure"},
    {"sha256", F_STR, FIELD_REQUIRED | FIELD_NULLABLE, .doc = "Of the whole, in hex"},
    {"title_id", F_ID, FIELD_REQUIRED | FIELD_NULLABLE, .doc = "The title it is meant for"},
    {"import_id", F_ID, FIELD_REQUIRED | FIELD_NULLABLE},
    {"duplicates", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, .ref = "UploadDuplicate"},
    {"error", F_OBJ, FIELD_REQUIRED | FIELD_NULLABLE, .ref = "ImportError"},
    {"created_at", F_TIME, FIELD_REQUIRED},
    {"expires_at", F_TIME, FIELD_REQUIRED},
    {.type = F_END},
};

static const struct field uploads_fields[] = {
    {"items", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, .ref = "Upload"},
    {"next_cursor", F_STR, FIELD_REQUIRED | FIELD_NULLABLE},
    {.type = F_END},
};

static const struct field upload_import_fields[] = {
    {"title", F_STR, 0, 0, 300, .doc = "Name of a new title; made from the file's name if absent"},
    {"title_id", F_ID, .doc = "The title whose film it becomes; a new one if absent"},
    {"lang", F_LANG},
    {"publish", F_BOOL, .doc = "Show it when it is ready; if absent, a new title is and another stays as it is"},
    {"duplicate", F_BOOL, .doc = "Also when a title is made of the same file"},
    POLICY_FIELDS,
    {.type = F_END},
};

const struct schema ingest_schemas[] = {
    {"UploadDuplicate", duplicate_fields, "A title that is made, or being made, of the same file"},
    {"Upload", upload_fields, "A file on its way in"},
    {"UploadList", uploads_fields, "Uploads, newest first"},
    {"UploadImport", upload_import_fields, "What a whole upload becomes"},
    {"ImportError", error_fields, "Why an import failed"},
    {"Import", import_fields, "A film on its way in"},
    {"ImportList", list_fields, "Imports, newest first"},
    {.name = NULL},
};

static const struct field list_query[] = {
    {"cursor", F_STR}, {"limit", F_INT, 0, 1, 100}, {.type = F_END}};
static const struct field upload_query[] = {{"filename", F_STR, FIELD_REQUIRED, 1, 255},
                                            {"title", F_STR, 0, 0, 300},
                                            {"lang", F_LANG},
                                            {"publish", F_BOOL},
                                            {.type = F_END}};

const struct route ingest_routes[] = {
    {GET, "/api/v1/imports", imports_get, ROLE_EDITOR, .scope = SCOPE_INGEST_READ, .priority = PRIO_REST, .query = list_query,
     .reply = "ImportList", .doc = "Imports, newest first"},
    {POST, "/api/v1/imports", imports_post, ROLE_EDITOR, .scope = SCOPE_INGEST_WRITE, .per_minute = 60,
     .body_max = (size_t)512 << 30, .priority = PRIO_REST, .deadline_ms = 60000,
     .pool = POOL_STREAM, .flags = ROUTE_STREAM_BODY | ROUTE_ANY_TYPE, .query = upload_query,
     .reply = "Import", .status = 202, .doc = "Takes a film as the body, and imports it"},
    {GET, "/api/v1/imports/{id:id}", import_get_one, ROLE_EDITOR, .scope = SCOPE_INGEST_READ, .priority = PRIO_REST,
     .reply = "Import", .doc = "One import"},
    {GET, "/api/v1/imports/{id:id}/events", import_events_get, ROLE_EDITOR, .scope = SCOPE_INGEST_READ, .priority = PRIO_REST,
     .flags = ROUTE_SSE, .reply = "Import",
     .doc = "Its progress, an Import an event, until it has ended"},
    {POST, "/api/v1/imports/{id:id}/cancel", import_cancel_post, ROLE_EDITOR, .scope = SCOPE_INGEST_WRITE, .priority = PRIO_REST,
     .reply = "Import", .doc = "Stops an import; what it made is removed"},
    {POST, "/api/v1/imports/{id:id}/retry", import_retry_post, ROLE_EDITOR, .scope = SCOPE_INGEST_WRITE, .priority = PRIO_REST,
     .reply = "Import", .doc = "Tries a failed import again, from where it stopped"},
    {POST, "/api/v1/imports/{id:id}/again", import_again_post, ROLE_EDITOR, .scope = SCOPE_INGEST_WRITE, .per_minute = 60, .priority = PRIO_REST,
     .reply = "Import", .status = 202,
     .doc = "Makes a title's film anew from its stored source; 409 import.source_deleted where the policy deleted it"},
    {.path = NULL},
};
