/* import.c - rows of imports: making, reading, the states and who may follow whom. */
#include "base/buf.h"
#include "service/catalog/catalog.h"
#include "service/ingest/ingest_int.h"
#include "service/json.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const struct sql ingest_sql[] = {INGEST_SQL(SQL_ROW) SQL_END};

static const char *const state_names[] = {
#define X(name, text) [IMPORT_##name] = text,
    IMPORT_STATES(X)
#undef X
};
static const char *const kind_names[] = {"film", "audio", "text"};

#define TO(state) (1u << IMPORT_##state)
static const unsigned import_next[] = {
    [IMPORT_QUEUED] = TO(RUNNING) | TO(CANCELLED) | TO(FAILED),
    [IMPORT_RUNNING] = TO(DONE) | TO(FAILED) | TO(CANCELLED),
    [IMPORT_DONE] = 0,
    [IMPORT_FAILED] = TO(QUEUED),
    [IMPORT_CANCELLED] = 0,
};

static unsigned index_of(struct str s, const char *const *names, unsigned n) {
    for (unsigned i = 0; i < n; i++)
        if (str_eq(s, str_of(names[i])))
            return i;
    assert(!"a value that its CHECK does not allow");
    return 0;
}

/* A cancelled one is nobody's news: somebody wanted it. A reason is of ours, [a-z._]. */
static int ended_tell(struct tx *tx, struct import_id id, enum import_state to, const struct err *why, struct err *reterr) {
    char body[160];
    if (to != IMPORT_DONE && to != IMPORT_FAILED)
        return 0;
    int n = snprintf(body, sizeof body, "{\"import_id\":\"" ID_FMT "\"", ID_ARG(id.v));
    if (to == IMPORT_FAILED)
        n += snprintf(body + n, sizeof body - (size_t)n, ",\"code\":\"%s\"", why ? err_reason(why) : "internal");
    n += snprintf(body + n, sizeof body - (size_t)n, "}");
    return event_publish(tx, to == IMPORT_DONE ? "import.finished" : "import.failed", 1, id_str(&id.v), str_make(body, (size_t)n), reterr);
}

int import_move(struct tx *tx, struct import_id id, enum import_state from, enum import_state to,
                const struct err *why, struct err *reterr) {
    assert(import_next[from] & (1u << to));
    int64_t now = store_now_ms(tx_store(tx));
    bool ended = to == IMPORT_DONE || to == IMPORT_FAILED || to == IMPORT_CANCELLED;
    int n = tx_exec(tx, &ingest_sql[IMPORT_MOVE],
                    ARGS(A_ID(id), A_CSTR(state_names[to]), why ? A_CSTR(err_reason(why)) : A_NULL,
                         why ? A_CSTR(why->hint[0] ? why->hint : why->msg) : A_NULL,
                         ended ? A_I64(now) : A_NULL, to == IMPORT_RUNNING ? A_I64(now) : A_NULL,
                         A_CSTR(state_names[from])),
                    reterr);
    int told = n > 0 ? ended_tell(tx, id, to, why, reterr) : 0;
    return told < 0 ? told : n;
}

/* ---- making ---- */

/* "big_buck-bunny.1080p.mp4" gives "big buck bunny 1080p". */
static struct str title_from_file(struct str file, struct arena *a) {
    size_t n = file.n;
    for (size_t i = file.n; i-- > 1;)
        if (file.p[i] == '.') {
            n = i;
            break;
        }
    char *p = str_cstr(a, str_slice(file, 0, MIN(n, (size_t)CATALOG_NAME_MAX)));
    if (!p || !str_is_utf8(str_of(p)))
        return STR("Untitled");
    for (char *c = p; *c; c++)
        if (*c == '_' || *c == '.' || (uint8_t)*c < ' ')
            *c = ' ';
    struct str s = str_trim(str_of(p));
    return s.n ? s : STR("Untitled");
}

int import_input_check(struct import_input *in, struct arena *a, struct err *reterr) {
    if (in->lang.n && !language_parse(in->lang, a, &in->lang))
        return err_refuse(reterr, ERR_INVALID, "import.language_unknown",
                          "Write a BCP 47 tag such as en, fr, pt-BR or zh-Hant.",
                          STR_FMT ": \"" STR_FMT "\" is no language that we know",
                          STR_ARG(in->name), STR_ARG(in->lang));
    if (in->blob.n)
        return 0;
    const char *path = str_cstr(a, in->path);
    scoped(fd_close) int fd = path ? open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1;
    struct stat st;
    if (fd < 0 || fstat(fd, &st) < 0) {
        int r = err_errno(reterr, path ? errno : ENOMEM, STR_FMT, STR_ARG(in->path));
        return r == ERR_NOT_FOUND
                   ? err_refuse(reterr, r, "import.file_absent", "Check the path and its spelling.",
                                STR_FMT ": there is no such file", STR_ARG(in->path))
               : r == ERR_PERMISSION
                   ? err_refuse(reterr, r, "import.file_forbidden",
                                "Let the user that runs Matinee read it (chmod, chown), or run it "
                                "as another user.",
                                STR_FMT ": this user may not read it", STR_ARG(in->path))
                   : r;
    }
    if (!S_ISREG(st.st_mode))
        return err_refuse(reterr, ERR_INVALID, "import.not_a_file",
                          "Give a file, or a folder to the import command.",
                          STR_FMT ": not a regular file", STR_ARG(in->path));
    if (st.st_size == 0)
        return err_refuse(reterr, ERR_BAD_MEDIA, "import.file_empty", "Copy it or export it again.",
                          STR_FMT ": the file is empty (zero bytes)", STR_ARG(in->path));
    in->size_bytes = st.st_size;
    return 0;
}

static int import_insert(struct tx *tx, struct import_id id, const struct import_new *n,
                         struct str title, struct str lang, const struct import_input *inputs,
                         struct err *reterr) {
    int r =
        tx_exec(tx, &ingest_sql[IMPORT_INSERT],
                ARGS(A_ID(id), A_STR(inputs[0].name), A_STR(title), A_STR(lang),
                     A_STR(n->policy.n ? n->policy : STR("{}")), A_CSTR(scheme_names[n->scheme]),
                     A_BOOL(n->publish), A_I64(store_now_ms(tx_store(tx))), A_ID(n->into)),
                reterr);
    if (r >= 0 && id_is_set(n->upload.v)) {
        r = tx_exec(tx, &ingest_sql[UPLOAD_IMPORTED], ARGS(A_ID(n->upload), A_ID(id)), reterr);
        if (r == 0)
            return err_refuse(reterr, ERR_CONFLICT, "upload.imported", "This file is being imported already.",
                              "upload " ID_FMT " is imported already, or not whole", ID_ARG(n->upload.v));
    }
    for (size_t i = 0; i < n->n_inputs && r >= 0; i++)
        r = tx_exec(tx, &ingest_sql[INPUT_INSERT],
                    ARGS(A_ID(id), A_I64((int64_t)i), A_CSTR(kind_names[inputs[i].kind]),
                         A_STR(inputs[i].lang.p ? inputs[i].lang : STR("")), A_STR(inputs[i].name),
                         inputs[i].path.n ? A_STR(inputs[i].path) : A_NULL,
                         inputs[i].blob.n ? A_STR(inputs[i].blob) : A_NULL,
                         A_I64(inputs[i].size_bytes)),
                    reterr);
    return r < 0 ? r : import_enqueue(tx, id, reterr);
}

/* One after the other, by the source's row: of two that come at once the second sees the first. */
static int unique_check(struct tx *tx, struct str blob, struct arena *a, struct err *reterr) {
    struct rows rows;
    char hint[400];
    int r = tx_query(tx, &ingest_sql[IMPORTS_OF_BLOB], ARGS(A_STR(blob)), a, &rows, reterr);
    if (r <= 0)
        return r;
    struct str name = row_str(&rows, 0, 1);
    snprintf(hint, sizeof hint, "The title \"%.200s\" is made of this very file. Say so if it is wanted twice.",
             name.p);
    return err_refuse(reterr, ERR_CONFLICT, "import.duplicate", hint, "import " ID_FMT " is of the same bytes",
                      ID_ARG(row_id(&rows, 0, 0)));
}

/* Stored already: nobody takes it away any more once this is committed. */
static int blobs_hold(const struct engine *e, struct tx *tx, const struct import_new *n, struct arena *a,
                      struct err *reterr) {
    for (size_t i = 0; i < n->n_inputs; i++) {
        struct str blob = n->inputs[i].blob;
        int r = blob.n ? source_hold(tx, blob, reterr) : 0;
        if (r == 0 && i == 0 && blob.n && n->unique)
            r = unique_check(tx, blob, a, reterr);
        if (r == 0 && blob.n)
            r = source_check(e, blob, a, reterr);
        if (r < 0)
            return r;
    }
    return 0;
}

/* Behind the source's row, too. */
static int alone_check(struct tx *tx, struct title_id into, struct arena *a, struct err *reterr) {
    struct rows rows;
    int r = tx_query(tx, &ingest_sql[IMPORT_INTO_LIVE], ARGS(A_ID(into)), a, &rows, reterr);
    return r <= 0 ? r
                  : err_refuse(reterr, ERR_CONFLICT, "import.under_way", "This title's film is being made already: wait, or cancel that.",
                               "import " ID_FMT " is for the same title", ID_ARG(row_id(&rows, 0, 0)));
}

int import_create(const struct engine *e, const struct import_new *n, struct arena *a,
                  struct import_id *ret_id, struct err *reterr) {
    struct str lang = n->lang;
    struct import_input *inputs = arena_copy(a, n->inputs, n->n_inputs * sizeof *inputs);
    if (!inputs)
        return err_set(reterr, ERR_LIMIT, "too many files");
    if (lang.n && !language_parse(lang, a, &lang))
        return err_refuse(reterr, ERR_INVALID, "import.language_unknown",
                          "Write a BCP 47 tag such as en, fr, pt-BR or zh-Hant.",
                          "\"" STR_FMT "\" is no language that we know", STR_ARG(n->lang));
    if (!inputs[0].lang.n)
        inputs[0].lang = lang;
    for (size_t i = 0; i < n->n_inputs; i++) {
        int r = import_input_check(&inputs[i], a, reterr);
        if (r < 0)
            return r;
    }
    struct str title = str_trim(n->title);
    if (title.n > CATALOG_NAME_MAX || !str_is_utf8(title))
        return err_refuse(reterr, ERR_INVALID, "import.title_invalid",
                          "Give a shorter title, in UTF-8.",
                          "the title is over %d bytes or not UTF-8", CATALOG_NAME_MAX);
    if (!title.n)
        title = title_from_file(inputs[0].name, a);
    struct import_id id = {id_new(store_now_ms(e->store))};
    scoped(tx_rollback) struct tx *tx = NULL;
    int r = tx_begin(e->store, STORE_JOBS, TX_WRITE, &tx, reterr);
    if (r < 0 || (r = blobs_hold(e, tx, n, a, reterr)) < 0 ||
        (n->alone && (r = alone_check(tx, n->into, a, reterr)) < 0) ||
        (r = import_insert(tx, id, n, title, lang.n ? lang : STR("en"), inputs, reterr)) < 0)
        return r;
    *ret_id = id;
    return tx_commit(&tx, reterr);
}

int import_cancel(const struct engine *e, struct import_id id, struct err *reterr) {
    enum import_state became = IMPORT_DONE;
    int r = import_end(e, id, IMPORT_CANCELLED, NULL, &became, reterr);
    if (r < 0 || became == IMPORT_CANCELLED)
        return r;
    return err_refuse(reterr, ERR_CONFLICT, "import.ended",
                      "Only an import that is under way can be cancelled.",
                      "import " ID_FMT " has ended", ID_ARG(id.v));
}

int import_retry(const struct engine *e, struct import_id id, struct err *reterr) {
    struct tx *begun = NULL;
    int r = tx_begin(e->store, STORE_JOBS, TX_WRITE, &begun, reterr);
    if (r < 0)
        return r;
    scoped(tx_rollback) struct tx *tx = begun;
    r = import_move(tx, id, IMPORT_FAILED, IMPORT_QUEUED, NULL, reterr);
    if (r == 0)
        return err_refuse(reterr, ERR_CONFLICT, "import.not_failed",
                          "Only a failed import can be tried again.",
                          "import " ID_FMT " has not failed", ID_ARG(id.v));
    if (r > 0)
        r = tx_exec(tx, &ingest_sql[IMPORT_SWEPT], ARGS(A_ID(id), A_I64(0), A_CSTR("queued")),
                    reterr);
    if (r >= 0)
        r = import_enqueue(tx, id, reterr);
    return r < 0 ? r : tx_commit(&tx, reterr);
}

/* ---- reading ---- */

static void row_read(const struct rows *r, size_t i, struct import_view *v) {
    *v = (struct import_view){
        .id = {row_id(r, i, 0)},
        .file_name = row_str(r, i, 1),
        .title_name = row_str(r, i, 2),
        .lang = row_str(r, i, 3),
        .policy = row_str(r, i, 4),
        .scheme = (enum scheme)index_of(row_str(r, i, 5), scheme_names, 3),
        .publish = row_i64(r, i, 6) != 0,
        .state = (enum import_state)index_of(row_str(r, i, 7), state_names, ARRAY_LEN(state_names)),
        .error_code = row_str(r, i, 8),
        .error_detail = row_str(r, i, 9),
        .warnings = row_str(r, i, 10),
        .created_ms = row_i64(r, i, 11),
        .started_ms = row_i64(r, i, 12),
        .ended_ms = row_i64(r, i, 13),
        .eta_ms = -1,
    };
    if (!row_null(r, i, 15))
        v->into.v = row_id(r, i, 15);
    v->resumable =
        v->state == IMPORT_FAILED && row_i64(r, i, 14) == 0 && import_remediable(v->error_code);
}

static int inputs_read(const struct engine *e, struct import_view *v, struct arena *a,
                       struct err *reterr) {
    struct rows rows;
    int n = store_query(e->store, &ingest_sql[INPUTS], ARGS(A_ID(v->id)), a, &rows, reterr);
    if (n < 0)
        return n;
    v->inputs = arena_news(a, struct import_input, (size_t)MAX(n, 1));
    if (!v->inputs)
        return err_set(reterr, ERR_LIMIT, "too many inputs");
    v->n_inputs = (size_t)n;
    for (size_t i = 0; i < v->n_inputs; i++)
        v->inputs[i] =
            (struct import_input){.kind = (enum input_kind)index_of(
                                      row_str(&rows, i, 0), kind_names, ARRAY_LEN(kind_names)),
                                  .lang = row_str(&rows, i, 1),
                                  .name = row_str(&rows, i, 2),
                                  .path = row_str(&rows, i, 3),
                                  .blob = row_str(&rows, i, 4),
                                  .size_bytes = row_i64(&rows, i, 5)};
    return 0;
}

/* The journey in one bar: storing is a tenth of the pipeline's first step's share, publishing
 * nothing. */
static double journey_fraction(struct str stage, int permille) {
    enum pipeline_step s;
    const double store = 0.02;
    if (str_eq(stage, STR("store")))
        return store * permille / 1000.0;
    if (str_eq(stage, STR("publish")))
        return 0.999;
    return pipeline_step_parse(stage, &s) ? store + (0.999 - store) * pipeline_fraction(s, permille)
                                          : 0;
}

/* While the journey's encode waits for its parts it is as far as they are together. Returns false where there are none. */
static bool parts_progress(const struct job *jobs, size_t n, int64_t now_ms, struct job *ret) {
    int64_t sum = 0, parts = 0, began = 0;
    for (size_t i = 0; i < n; i++) {
        bool counts = jobs[i].state != JOB_FAILED && jobs[i].state != JOB_CANCELLED;
        if (!counts || !str_eq(jobs[i].kind, STR("ingest.encode.part")))
            continue;
        parts++;
        sum += jobs[i].state == JOB_DONE ? 1000 : jobs[i].state == JOB_RUNNING ? jobs[i].progress_permille : 0;
        ret->speed += jobs[i].state == JOB_RUNNING ? jobs[i].speed : 0;
        if (jobs[i].started_ms && (!began || jobs[i].started_ms < began))
            began = jobs[i].started_ms;
    }
    if (!parts || !began)
        return false;
    ret->state = JOB_RUNNING;
    ret->progress_permille = (int)(sum / parts);
    ret->eta_ms = sum > 0 ? (now_ms - began) * (parts * 1000 - sum) / sum : -1;
    return true;
}

/* From the jobs: the newest of a kind counts, the first that is not done says where the import is.
 */
static int progress_read(const struct engine *e, struct import_view *v, struct arena *a,
                         struct err *reterr) {
    struct job *jobs;
    size_t n;
    if (v->state == IMPORT_DONE)
        v->progress = 1;
    if (v->state != IMPORT_RUNNING && v->state != IMPORT_QUEUED)
        return 0;
    int r = job_list_subject(e->store, id_str(&v->id.v), a, &jobs, &n, reterr);
    if (r < 0)
        return r;
    const struct job *at = NULL;
    for (size_t i = 0; i < n && !at; i++)
        if (jobs[i].state == JOB_RUNNING || jobs[i].state == JOB_READY ||
            jobs[i].state == JOB_WAITING)
            at = &jobs[i];
    if (!at)
        return 0;
    enum pipeline_step s;
    struct job together = *at;
    if (at->state == JOB_WAITING && parts_progress(jobs, n, store_now_ms(e->store), &together))
        at = &together;
    v->stage = str_slice(at->kind, sizeof "ingest." - 1, at->kind.n);
    v->stage_doc = pipeline_step_parse(v->stage, &s) ? str_of(pipeline_step_doc(s))
                   : str_eq(v->stage, STR("store"))  ? STR("copying")
                                                     : STR("publishing");
    v->progress = journey_fraction(v->stage, at->state == JOB_RUNNING ? at->progress_permille : 0);
    if (at->state == JOB_RUNNING) {
        v->speed = at->speed;
        /* What is left of the whole, at the pace of this step. */
        double span = journey_fraction(v->stage, 1000) - journey_fraction(v->stage, 0);
        double left_of_step = 1 - at->progress_permille / 1000.0;
        if (at->eta_ms >= 0 && left_of_step > 0.01 && span > 0.01)
            v->eta_ms = (int64_t)((double)at->eta_ms * (1 - v->progress) / (span * left_of_step));
        else
            v->eta_ms = at->eta_ms;
    }
    return 0;
}

static int view_finish(const struct engine *e, struct import_view *v, struct arena *a,
                       struct err *reterr) {
    struct import_link link;
    int r = import_link_get(e, v->id, a, &link, reterr);
    if (r == 0) {
        v->title = link.title;
        v->asset = link.asset;
        v->slug = link.slug;
    } else if (r != ERR_NOT_FOUND) {
        return r;
    }
    err_clear(reterr);
    r = inputs_read(e, v, a, reterr);
    return r < 0 ? r : progress_read(e, v, a, reterr);
}

int import_get(const struct engine *e, struct import_id id, struct arena *a,
               struct import_view *ret_v, struct err *reterr) {
    struct rows rows;
    int r = store_row(e->store, &ingest_sql[IMPORT_GET], ARGS(A_ID(id)), a, &rows, reterr);
    if (r < 0)
        return r;
    row_read(&rows, 0, ret_v);
    return view_finish(e, ret_v, a, reterr);
}

int import_list(const struct engine *e, struct str cursor, int limit, struct arena *a,
                struct import_view **ret_v, size_t *ret_n, struct str *ret_next,
                struct err *reterr) {
    struct id from;
    struct rows rows;
    limit = limit ? CLAMP(limit, 1, 100) : 25;
    if (cursor.p && !id_parse(cursor, &from))
        return err_set(reterr, ERR_INVALID, "the cursor is not one of ours");
    struct str below = cursor.p ? id_str(&from) : STR("~");
    int n = store_query(e->store, &ingest_sql[IMPORT_PAGE], ARGS(A_STR(below), A_I64(limit + 1)), a,
                        &rows, reterr);
    if (n < 0)
        return n;
    *ret_n = (size_t)MIN(n, limit);
    *ret_v = arena_news(a, struct import_view, MAX(*ret_n, (size_t)1));
    if (!*ret_v)
        return err_set(reterr, ERR_LIMIT, "the list does not fit");
    for (size_t i = 0; i < *ret_n; i++) {
        row_read(&rows, i, &(*ret_v)[i]);
        int r = view_finish(e, &(*ret_v)[i], a, reterr);
        if (r < 0)
            return r;
    }
    *ret_next = n > limit ? row_str(&rows, *ret_n - 1, 0) : STR_NULL;
    return 0;
}

int import_list_path(const struct engine *e, struct str path, struct arena *a,
                     struct import_view **ret_v, size_t *ret_n, struct err *reterr) {
    struct rows rows;
    int n = store_query(e->store, &ingest_sql[IMPORTS_OF_PATH], ARGS(A_STR(path)), a, &rows, reterr);
    if (n < 0)
        return n;
    *ret_v = arena_news(a, struct import_view, (size_t)MAX(n, 1));
    if (!*ret_v)
        return err_set(reterr, ERR_LIMIT, "the list does not fit");
    for (int i = 0; i < n; i++) {
        int r = import_get(e, (struct import_id){row_id(&rows, (size_t)i, 0)}, a, &(*ret_v)[i],
                           reterr);
        if (r < 0)
            return r;
    }
    *ret_n = (size_t)n;
    return 0;
}

static json_t *error_json(const struct import_view *v) {
    if (v->state != IMPORT_FAILED)
        return json_null();
    return json_pack("{s:o, s:o}", "code", json_of_str(v->error_code), "detail",
                     json_of_str(v->error_detail));
}

json_t *import_json(const struct import_view *v) {
    json_t *warnings = v->warnings.n ? json_loadb(v->warnings.p, v->warnings.n, 0, NULL) : NULL;
    return json_pack(
        "{s:o, s:o, s:o, s:o, s:o, s:o, s:s, s:o, s:o, s:f, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
        "id", json_of_id(v->id.v), "title_id", json_of_id(v->title.v), "asset_id",
        json_of_id(v->asset.v), "title_slug", json_of_text(v->slug), "title_name",
        json_of_str(v->title_name), "file_name", json_of_str(v->file_name), "state",
        state_names[v->state], "stage", json_of_text(v->stage), "stage_doc",
        json_of_text(v->stage_doc), "progress", v->progress, "speed",
        v->speed > 0 ? json_real(v->speed) : json_null(), "eta_s",
        v->eta_ms >= 0 ? json_integer(v->eta_ms / 1000) : json_null(), "error", error_json(v),
        "warnings", warnings ? warnings : json_array(), "created_at", json_of_time(v->created_ms),
        "started_at", json_of_time(v->started_ms), "ended_at", json_of_time(v->ended_ms));
}
