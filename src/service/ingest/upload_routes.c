/*
 * upload_routes.c - uploads over HTTP, in two tongues on the same addresses:
 *   tus 1.0.0 (tus.io): core, creation, creation-with-upload, creation-defer-length, checksum, expiration,
 *   termination; spoken where Tus-Resumable is there;
 *   draft-ietf-httpbis-resumable-upload-05, interop version 6; spoken where Upload-Draft-Interop-Version is. No 104
 *   is ever sent: the nginx before us would take it for the answer. A client then asks for the offset with HEAD.
 */
#include "service/ingest/upload.h"
#include "service/json.h"
#include <inttypes.h>
#include <stdio.h>

#define TUS "1.0.0"
#define TUS_EXTENSIONS "creation,creation-with-upload,creation-defer-length,checksum,expiration,termination"
#define DRAFT "6"

enum tongue { TONGUE_TUS, TONGUE_DRAFT };

/* What a request says of itself. */
struct said {
    enum tongue tongue;
    int64_t offset, size; /* -1: not said */
    bool complete;        /* draft: this request brings the end */
    struct upload_checksum sum;
};

static int bad_header(struct err *reterr, const char *name, const char *what) {
    char hint[200];
    snprintf(hint, sizeof hint, "The header %s %s.", name, what);
    return err_refuse(reterr, ERR_INVALID, "upload.header", hint, "%s: %s", name, what);
}

static int tongue_read(struct request *rq, enum tongue *ret, struct err *reterr) {
    struct str tus = request_header(rq, "Tus-Resumable"), draft = request_header(rq, "Upload-Draft-Interop-Version");
    if (tus.p) {
        reply_header(rq, "Tus-Resumable", TUS);
        *ret = TONGUE_TUS;
        if (str_eq(tus, STR(TUS)))
            return 0;
        reply_header(rq, "Tus-Version", TUS);
        return err_refuse(reterr, ERR_PRECONDITION, "upload.tus_version", "Speak tus " TUS ".", "another tus");
    }
    reply_header(rq, "Upload-Draft-Interop-Version", DRAFT);
    *ret = TONGUE_DRAFT;
    if (str_eq(str_trim(draft), STR(DRAFT)))
        return 0;
    return err_refuse(reterr, ERR_INVALID, "upload.protocol",
                      "Send Tus-Resumable: " TUS ", or Upload-Draft-Interop-Version: " DRAFT ".",
                      "neither tus nor the draft that we know");
}

static int tus_read(struct request *rq, struct said *s, struct err *reterr) {
    struct str offset = request_header(rq, "Upload-Offset"), size = request_header(rq, "Upload-Length"),
               sum = request_header(rq, "Upload-Checksum");
    if (offset.p && !tus_size_read(offset, &s->offset))
        return bad_header(reterr, "Upload-Offset", "must be a number that is not negative");
    if (size.p && !tus_size_read(size, &s->size))
        return bad_header(reterr, "Upload-Length", "must be a number that is not negative");
    switch (sum.p ? upload_checksum_read(sum, &s->sum) : CHECKSUM_OK) {
    case CHECKSUM_OK: return 0;
    case CHECKSUM_UNKNOWN:
        return err_refuse(reterr, ERR_INVALID, "upload.checksum_unknown",
                          "Use one of these checksums: " UPLOAD_ALGORITHMS ".", "a checksum that we have not");
    default: return bad_header(reterr, "Upload-Checksum", "must be an algorithm, a blank, and base64");
    }
}

static int draft_read(struct request *rq, struct said *s, struct err *reterr) {
    struct str complete = request_header(rq, "Upload-Complete");
    if (!complete.p || !sf_bool_read(complete, &s->complete))
        return bad_header(reterr, "Upload-Complete", "must be ?0 or ?1");
    sf_size_read(request_header(rq, "Upload-Offset"), &s->offset); /* one that is ill-formed is as none */
    sf_size_read(request_header(rq, "Upload-Length"), &s->size);
    int64_t length = request_length(rq);
    if (!s->complete || length < 0)
        return 0;
    int64_t end = MAX(s->offset, (int64_t)0) + length;
    if (s->size >= 0 && s->size != end)
        return err_refuse(reterr, ERR_INVALID, "upload.length", "Upload-Length and Content-Length contradict each other.",
                          "draft: two lengths");
    s->size = end;
    return 0;
}

static int said_read(struct request *rq, struct said *s, struct err *reterr) {
    *s = (struct said){.offset = -1, .size = -1};
    int r = tongue_read(rq, &s->tongue, reterr);
    if (r < 0)
        return r;
    return s->tongue == TONGUE_TUS ? tus_read(rq, s, reterr) : draft_read(rq, s, reterr);
}

static void number_header(struct request *rq, const char *name, int64_t n) {
    char text[24];
    snprintf(text, sizeof text, "%" PRId64, n);
    reply_header(rq, name, text);
}

static void state_headers(struct request *rq, enum tongue tongue, const struct upload *u) {
    char date[30], limit[80];
    int64_t until = u->touched_ms + UPLOAD_KEPT_MS, left_s = MAX((until - request_now_ms(rq)) / 1000, (int64_t)0);
    number_header(rq, "Upload-Offset", u->mark.size_bytes);
    if (tongue == TONGUE_TUS) {
        http_date_write(until, date);
        reply_header(rq, "Upload-Expires", date);
        return;
    }
    reply_header(rq, "Upload-Complete", u->state == UPLOAD_OPEN ? "?0" : "?1");
    snprintf(limit, sizeof limit, "max-size=%" PRId64 ", expires=%" PRId64, UPLOAD_SIZE_MAX, left_s);
    reply_header(rq, "Upload-Limit", limit);
}

static struct upload_id upload_param(struct request *rq) {
    struct id id = {""};
    bool ok = id_parse(request_param(rq, "id"), &id); /* the router checked it */
    assert(ok);
    return (struct upload_id){id};
}

/* ---- making ---- */

static bool yes(struct str s) { return str_eq(s, STR("true")) || str_eq(s, STR("1")); }

/* The same names in the address and in tus' metadata; the metadata wins. */
struct wishes {
    struct str filename, title, lang, title_id, import, publish, duplicate, sha256;
};
static const struct {
    const char *name;
    size_t at;
} wish_names[] = {
    {"name", offsetof(struct wishes, filename)},   {"filename", offsetof(struct wishes, filename)},
    {"title", offsetof(struct wishes, title)},     {"lang", offsetof(struct wishes, lang)},
    {"title_id", offsetof(struct wishes, title_id)}, {"import", offsetof(struct wishes, import)},
    {"publish", offsetof(struct wishes, publish)}, {"duplicate", offsetof(struct wishes, duplicate)},
    {"sha256", offsetof(struct wishes, sha256)},
};

static void wish_set(struct wishes *w, struct str name, struct str value) {
    for (size_t i = 0; i < ARRAY_LEN(wish_names); i++)
        if (str_eq(name, str_of(wish_names[i].name)))
            *(struct str *)((char *)w + wish_names[i].at) = value;
}

static int wishes_read(struct request *rq, struct wishes *w, struct err *reterr) {
    struct upload_pair pairs[UPLOAD_PAIRS_MAX];
    size_t n = 0;
    for (size_t i = 1; i < ARRAY_LEN(wish_names); i++) {
        struct str value = request_query(rq, wish_names[i].name);
        if (value.p)
            wish_set(w, str_of(wish_names[i].name), value);
    }
    if (!upload_metadata_read(request_header(rq, "Upload-Metadata"), request_arena(rq), pairs, &n))
        return bad_header(reterr, "Upload-Metadata", "must be names and base64 values, at most 32 of them in 8 KiB");
    for (size_t i = 0; i < n; i++)
        wish_set(w, pairs[i].name, pairs[i].value);
    return 0;
}

static int upload_of_wishes(struct request *rq, const struct wishes *w, struct upload *u, struct err *reterr) {
    char hex[65] = "";
    if (w->sha256.n ? !sha256_text_read(w->sha256, hex)
                    : request_header(rq, "Repr-Digest").p && !repr_digest_read(request_header(rq, "Repr-Digest"), hex))
        return err_refuse(reterr, ERR_INVALID, "upload.sha256", "Give the SHA-256 as 64 hex digits.",
                          "the announced hash cannot be read");
    if (w->title_id.n && !id_parse(w->title_id, &u->wish.into.v))
        return err_refuse(reterr, ERR_INVALID, "import.title_absent", "Choose a title that is there.", "no title's id");
    bool into = id_is_set(u->wish.into.v);
    u->name = w->filename.n ? w->filename : STR("upload");
    u->metadata = str_trim(request_header(rq, "Upload-Metadata"));
    u->expected_sha256 = str_dup(request_arena(rq), str_of(hex));
    u->wish.title = str_trim(w->title);
    u->wish.lang = w->lang;
    u->wish.import = yes(w->import);
    u->wish.publish = w->publish.n ? yes(w->publish) : !into; /* one that is there stays as it is */
    u->wish.duplicate = yes(w->duplicate);
    return 0;
}

/* ---- a piece ---- */

static int offset_check(struct request *rq, const struct said *s, const struct upload *u, struct err *reterr) {
    if (s->offset == u->mark.size_bytes)
        return 0;
    number_header(rq, "Upload-Offset", u->mark.size_bytes);
    request_problem_member(rq, "expected-offset", json_integer(u->mark.size_bytes));
    return err_refuse(reterr, ERR_CONFLICT, "upload.offset",
                      "This piece does not begin where the last one ended. Ask for the offset and go on from there.",
                      "offset %" PRId64 ", not %" PRId64, s->offset, u->mark.size_bytes);
}

static int piece_receive(struct upload_writer *w, struct request *rq, const struct said *s, struct err *reterr) {
    int64_t length = request_length(rq);
    int r = s->size >= 0 ? upload_size_set(w, s->size, reterr) : 0;
    if (r < 0)
        return r;
    int64_t max = (w->u->size_bytes >= 0 ? w->u->size_bytes : UPLOAD_SIZE_MAX) - w->u->mark.size_bytes;
    if (length > max)
        return err_refuse(reterr, ERR_TOO_LARGE, "upload.too_long", "More was sent than the file is long.",
                          "%" PRId64 " bytes, where %" PRId64 " are left", length, max);
    r = length == 0 ? 0 : upload_take(w, rq, max, s->sum.algorithm ? &s->sum : NULL, reterr);
    if (r < 0)
        return r;
    bool all = w->u->mark.size_bytes == w->u->size_bytes;
    if (s->tongue == TONGUE_DRAFT) {
        if (s->complete && w->u->size_bytes < 0)
            r = upload_size_set(w, w->u->mark.size_bytes, reterr);
        else if (s->complete && !all)
            r = err_refuse(reterr, ERR_INVALID, "upload.length", "The file was announced with another length.",
                           "complete at %" PRId64 " of %" PRId64, w->u->mark.size_bytes, w->u->size_bytes);
        all = s->complete;
    }
    return r < 0 || !all ? r : upload_close(w, reterr);
}

static int piece_take(struct request *rq, const struct said *s, struct upload *u, struct err *reterr) {
    struct upload_writer w = {.e = request_engine(rq), .arena = request_arena(rq), .u = u};
    int r = upload_begin(&w, rq, reterr);
    if (r >= 0)
        r = offset_check(rq, s, u, reterr);
    if (r >= 0)
        r = piece_receive(&w, rq, s, reterr);
    upload_end(&w);
    return r;
}

static int uploads_post(struct request *rq, struct err *reterr) {
    struct said s;
    struct wishes wishes = {0};
    const struct engine *e = request_engine(rq);
    struct upload u = {.account = request_principal(rq)->account};
    int r = said_read(rq, &s, reterr);
    if (r >= 0)
        r = wishes_read(rq, &wishes, reterr);
    if (r >= 0)
        r = upload_of_wishes(rq, &wishes, &u, reterr);
    if (r >= 0 && s.tongue == TONGUE_TUS && s.size < 0 && !str_eq(request_header(rq, "Upload-Defer-Length"), STR("1")))
        r = bad_header(reterr, "Upload-Length", "is missing");
    u.size_bytes = s.size;
    if (r >= 0)
        r = upload_create(e, &u, request_arena(rq), reterr);
    if (r < 0)
        return r;
    char location[64];
    snprintf(location, sizeof location, "/api/v1/uploads/" ID_FMT, ID_ARG(u.id.v));
    reply_header(rq, "Location", location);
    s.offset = 0;
    if (request_length(rq) != 0 || s.complete) {
        r = piece_take(rq, &s, &u, reterr);
        if (r < 0)
            return r;
    }
    state_headers(rq, s.tongue, &u);
    return reply_json(rq, 201, upload_json(e, &u, request_arena(rq)));
}

static int type_check(struct request *rq, enum tongue tongue, struct err *reterr) {
    struct str type;
    str_cut(request_header(rq, "Content-Type"), ';', &type);
    struct str due = tongue == TONGUE_TUS ? STR("application/offset+octet-stream") : STR("application/partial-upload");
    char hint[100];
    snprintf(hint, sizeof hint, "Send the piece as " STR_FMT ".", STR_ARG(due));
    return str_eq_nocase(str_trim(type), due)
               ? 0
               : err_refuse(reterr, ERR_MEDIA_TYPE, "upload.content_type", hint, "another content type");
}

static int upload_patch(struct request *rq, struct err *reterr) {
    struct said s;
    struct upload u = {.id = upload_param(rq), .account = request_principal(rq)->account};
    int r = said_read(rq, &s, reterr);
    if (r >= 0)
        r = type_check(rq, s.tongue, reterr);
    if (r >= 0 && s.offset < 0)
        r = bad_header(reterr, "Upload-Offset", "is missing");
    if (r >= 0)
        r = piece_take(rq, &s, &u, reterr);
    if (r < 0)
        return r;
    state_headers(rq, s.tongue, &u);
    if (s.tongue == TONGUE_DRAFT && u.state != UPLOAD_OPEN) /* the answer that the whole would have had */
        return reply_json(rq, 200, upload_json(request_engine(rq), &u, request_arena(rq)));
    return reply_empty(rq);
}

/* ---- asking ---- */

static int state_reply(struct request *rq, enum tongue tongue, struct upload *u, struct err *reterr) {
    if (u->state == UPLOAD_REFUSED) {
        char hint[400];
        snprintf(hint, sizeof hint, STR_FMT, STR_ARG(u->error_detail));
        return err_refuse(reterr, ERR_GONE, "upload.refused", hint, "upload " ID_FMT " was refused", ID_ARG(u->id.v));
    }
    if (u->size_bytes >= 0)
        number_header(rq, "Upload-Length", u->size_bytes);
    else if (tongue == TONGUE_TUS)
        reply_header(rq, "Upload-Defer-Length", "1");
    if (tongue == TONGUE_TUS && u->metadata.n)
        reply_header(rq, "Upload-Metadata", str_cstr(request_arena(rq), u->metadata));
    reply_header(rq, "Cache-Control", "no-store");
    state_headers(rq, tongue, u);
    return reply_empty(rq);
}

static int upload_get_one(struct request *rq, struct err *reterr) {
    struct upload u;
    enum tongue tongue = TONGUE_TUS;
    const struct engine *e = request_engine(rq);
    bool spoken = request_header(rq, "Tus-Resumable").p || request_header(rq, "Upload-Draft-Interop-Version").p;
    int r = spoken ? tongue_read(rq, &tongue, reterr) : 0;
    if (r >= 0)
        r = upload_get(e, upload_param(rq), request_principal(rq)->account, request_arena(rq), &u, reterr);
    /* Who asks where to go on has given up on the request before. */
    if (r >= 0 && spoken && (r = upload_turn_break(u.id, reterr)) >= 0)
        r = upload_get(e, u.id, u.account, request_arena(rq), &u, reterr);
    if (r < 0)
        return r;
    return spoken ? state_reply(rq, tongue, &u, reterr) : reply_json(rq, 200, upload_json(e, &u, request_arena(rq)));
}

static int uploads_get(struct request *rq, struct err *reterr) {
    struct upload *u;
    size_t n;
    struct str next;
    const struct engine *e = request_engine(rq);
    int r = upload_list(e, request_principal(rq)->account, request_query(rq, "cursor"),
                        (int)request_query_int(rq, "limit", 0), request_arena(rq), &u, &n, &next, reterr);
    if (r < 0)
        return r;
    json_t *items = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(items, upload_json(e, &u[i], request_arena(rq)));
    return reply_json(rq, 200, json_pack("{s:o, s:o}", "items", items, "next_cursor", json_of_str(next)));
}

static int upload_delete_one(struct request *rq, struct err *reterr) {
    struct upload u;
    enum tongue tongue;
    const struct engine *e = request_engine(rq);
    if (request_header(rq, "Tus-Resumable").p || request_header(rq, "Upload-Draft-Interop-Version").p) {
        int spoken = tongue_read(rq, &tongue, reterr);
        if (spoken < 0)
            return spoken;
    }
    int r = upload_get(e, upload_param(rq), request_principal(rq)->account, request_arena(rq), &u, reterr);
    if (r >= 0)
        r = upload_delete(e, &u, request_arena(rq), reterr);
    return r < 0 ? r : reply_empty(rq);
}

static int uploads_options(struct request *rq, struct err *reterr) {
    (void)reterr;
    char size[80];
    reply_header(rq, "Tus-Resumable", TUS);
    reply_header(rq, "Tus-Version", TUS);
    reply_header(rq, "Tus-Extension", TUS_EXTENSIONS);
    reply_header(rq, "Tus-Checksum-Algorithm", UPLOAD_ALGORITHMS);
    number_header(rq, "Tus-Max-Size", UPLOAD_SIZE_MAX);
    snprintf(size, sizeof size, "max-size=%" PRId64, UPLOAD_SIZE_MAX);
    reply_header(rq, "Upload-Limit", size);
    reply_header(rq, "Upload-Draft-Interop-Version", DRAFT);
    reply_header(rq, "Accept-Patch", "application/offset+octet-stream, application/partial-upload");
    return reply_empty(rq);
}

/* ---- what becomes of it ---- */

static int upload_import_post(struct request *rq, struct err *reterr) {
    struct upload u;
    struct import_view v;
    struct arena *a = request_arena(rq);
    const struct engine *e = request_engine(rq);
    json_t *body = request_json(rq), *publish = json_object_get(body, "publish"), *same = NULL;
    struct upload_wish wish = {.title = json_get_str(body, "title"),
                               .lang = json_get_str(body, "lang"),
                               .duplicate = json_is_true(json_object_get(body, "duplicate"))};
    id_parse(json_get_str(body, "title_id"), &wish.into.v);
    wish.publish = publish ? json_is_true(publish) : !id_is_set(wish.into.v);
    int r = upload_get(e, upload_param(rq), request_principal(rq)->account, a, &u, reterr);
    if (r >= 0 && id_is_set(u.import.v))
        r = err_refuse(reterr, ERR_CONFLICT, "upload.imported", "This file is being imported already.", "imported");
    if (r >= 0)
        r = policy_wish(body, NULL, a, &wish.policy, reterr);
    if (r >= 0)
        r = upload_import(e, &u, &wish, a, reterr);
    if (r < 0 && u.blob.n && import_duplicates(e, u.blob, a, &same, NULL) >= 0)
        request_problem_member(rq, "duplicates", same);
    if (r >= 0)
        r = import_get(e, u.import, a, &v, reterr);
    return r < 0 ? r : reply_json(rq, 202, import_json(&v));
}

static const struct field list_query[] = {{"cursor", F_STR}, {"limit", F_INT, 0, 1, 100}, {.type = F_END}};
static const struct field create_query[] = {{"filename", F_STR, 0, 1, 255},
                                            {"title", F_STR, 0, 0, 300},
                                            {"lang", F_LANG},
                                            {"title_id", F_ID},
                                            {"import", F_BOOL},
                                            {"publish", F_BOOL},
                                            {"duplicate", F_BOOL},
                                            {"sha256", F_STR, 0, 64, 64},
                                            {.type = F_END}};

#define CREATE_DOC                                                                                                     \
    "Begins an upload that can be resumed, by tus 1.0.0 or draft-ietf-httpbis-resumable-upload-05 (interop version "   \
    "6); answers with its address"
const struct route upload_routes[] = {
    {OPTIONS, "/api/v1/uploads", uploads_options, .priority = PRIO_REST, .status = 204,
     .doc = "What kinds of resumable upload are spoken here"},
    {GET, "/api/v1/uploads", uploads_get, ROLE_EDITOR, .scope = SCOPE_INGEST_READ, .priority = PRIO_REST, .query = list_query,
     .reply = "UploadList", .doc = "One's own uploads, newest first"},
    {POST, "/api/v1/uploads", uploads_post, ROLE_EDITOR, .scope = SCOPE_INGEST_WRITE, .per_minute = 1200, .body_max = (size_t)UPLOAD_SIZE_MAX,
     .priority = PRIO_REST, .deadline_ms = 60000, .pool = POOL_STREAM, .flags = ROUTE_STREAM_BODY | ROUTE_ANY_TYPE,
     .query = create_query, .reply = "Upload", .op = "uploadCreate", .status = 201, .doc = CREATE_DOC},
    {GET, "/api/v1/uploads/{id:id}", upload_get_one, ROLE_EDITOR, .scope = SCOPE_INGEST_READ, .per_minute = 12000, .priority = PRIO_REST,
     .reply = "Upload", .doc = "How far an upload has come; HEAD in either protocol says where to go on"},
    {PATCH, "/api/v1/uploads/{id:id}", upload_patch, ROLE_EDITOR, .scope = SCOPE_INGEST_WRITE, .per_minute = 12000,
     .body_max = (size_t)UPLOAD_SIZE_MAX, .priority = PRIO_REST, .deadline_ms = 60000, .pool = POOL_STREAM,
     .flags = ROUTE_STREAM_BODY | ROUTE_ANY_TYPE | ROUTE_PIECE, .op = "uploadAppend",
     .doc = "The next piece of an upload, in either protocol"},
    {DELETE, "/api/v1/uploads/{id:id}", upload_delete_one, ROLE_EDITOR, .scope = SCOPE_INGEST_WRITE, .priority = PRIO_REST,
     .doc = "Gives an upload up; what has arrived is removed"},
    {POST, "/api/v1/uploads/{id:id}/import", upload_import_post, ROLE_EDITOR, .scope = SCOPE_INGEST_WRITE, .priority = PRIO_REST,
     .body = "UploadImport", .reply = "Import", .op = "uploadImport", .status = 202,
     .doc = "Imports a whole upload, as a new title or as the film of one that is there"},
    {.path = NULL},
};
