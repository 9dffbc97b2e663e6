/* read.c - a subtitle file that somebody sent: read in a child that can touch nothing else. */
#include "engine/child/child.h"
#include "service/ingest/ingest.h"
#include "service/json.h"
#include "service/subtitles/subtitles_int.h"
#include <errno.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { WALL_MS = 30000, CPU_S = 25, NOTES_MAX = 30 };
#define MEMORY (2LL << 30)

int subtitle_file_receive(struct request *rq, struct err *reterr) {
    scoped(fd_close) int fd = memfd_create("subtitle", MFD_CLOEXEC);
    char piece[64 << 10];
    ssize_t n;
    if (fd < 0)
        return err_errno(reterr, errno, "memory for subtitles");
    while ((n = request_read(rq, piece, sizeof piece, reterr)) > 0)
        for (ssize_t at = 0; at < n;) {
            ssize_t put = write(fd, piece + at, (size_t)(n - at));
            if (put < 0)
                return err_errno(reterr, errno, "memory for subtitles");
            at += put;
        }
    if (n < 0)
        return (int)n;
    int ret = fd;
    fd = -1;
    return ret;
}

static int child_ask(int fd, struct str encoding, int out, json_t **ret, struct err *reterr) {
    const int fds[] = {fd, out};
    json_t *request = json_object();
    if (encoding.n)
        json_object_set_new(request, "encoding", json_of_str(encoding));
    struct child_spec spec = {.op = "subtitle",
                              .request = request,
                              .fds = fds,
                              .n_fds = 2,
                              .limits = {.memory_bytes = MEMORY, .cpu_s = CPU_S, .wall_ms = WALL_MS, .file_bytes = TEXT_OUT_MAX}};
    int rc = request ? child_run(&spec, ret, reterr) : err_set(reterr, ERR_NO_MEMORY, "no memory for a request");
    json_decref(request);
    return rc;
}

/* What the child wrote is foreign still: the same parser reads it here, with our limits. */
static int cues_take(int out, struct cues *c, struct err *reterr) {
    struct stat st;
    if (fstat(out, &st) < 0)
        return err_errno(reterr, errno, "subtitles");
    if (st.st_size > SUBTITLE_VTT_MAX)
        return err_refuse(reterr, ERR_TOO_LARGE, "text.too_large", "The subtitle file is too large: is it the right one?",
                          "%lld bytes", (long long)st.st_size);
    scoped(mem_free) char *bytes = malloc((size_t)st.st_size + 1);
    if (!bytes)
        return err_set(reterr, ERR_NO_MEMORY, "no memory for subtitles");
    if (pread(out, bytes, (size_t)st.st_size, 0) != st.st_size)
        return err_set(reterr, ERR_CRASHED, "subtitles are shorter than said");
    struct str text = str_make(bytes, (size_t)st.st_size);
    int rc = str_is_utf8(text) ? vtt_parse(c, text, reterr) : err_set(reterr, ERR_CRASHED, "subtitles that are no UTF-8");
    cues_sort(c);
    if (rc >= 0 && (c->n == 0 || c->n > SUBTITLE_CUES_MAX))
        return err_refuse(reterr, ERR_TOO_LARGE, "text.too_many_cues",
                          "The file has more than 20,000 subtitles: is it the right one?", "%zu cues", c->n);
    return MIN(rc, 0);
}

/* Names are of our lists, sentences are cut to a length. */
static void found_take(const json_t *result, struct arena *a, struct subtitle_found *ret) {
    static const char *const formats[] = {"srt", "vtt", "ass", "ttml"};
    json_t *notes = json_array(), *one;
    size_t i;
    *ret = (struct subtitle_found){.format = STR("srt"), .encoding = STR("UTF-8"), .guess = STR("")};
    for (i = 0; i < ARRAY_LEN(formats); i++)
        if (str_eq(json_get_str(result, "format"), str_of(formats[i])))
            ret->format = str_of(formats[i]);
    if (text_encoding_known(json_get_str(result, "encoding")))
        ret->encoding = str_dup(a, json_get_str(result, "encoding"));
    ret->forced = json_is_true(json_object_get(result, "forced"));
    ret->confidence = (int)CLAMP(json_get_int(result, "confidence", 0), 0, 100);
    if (language_parse(json_get_str(result, "language"), a, &ret->guess))
        ret->percent = (int)CLAMP(json_get_int(result, "percent", 0), 0, 100);
    else
        ret->guess = STR("");
    json_array_foreach(json_object_get(result, "warnings"), i, one) if (i < NOTES_MAX) {
        struct str s = str_make(json_string_value(one), json_string_length(one));
        json_array_append_new(notes, json_of_str(s.n <= 200 ? s : STR("")));
    }
    scoped(mem_free) char *text = json_dumps(notes, JSON_COMPACT);
    json_decref(notes);
    ret->notes = text ? str_dup(a, str_of(text)) : STR("[]");
}

int subtitle_file_read(int fd, struct str encoding, struct cues *c, struct arena *a, struct subtitle_found *ret,
                       struct err *reterr) {
    json_t *result = NULL;
    scoped(fd_close) int out = memfd_create("subtitle", MFD_CLOEXEC);
    if (out < 0)
        return err_errno(reterr, errno, "memory for subtitles");
    int rc = child_ask(fd, encoding, out, &result, reterr);
    if (rc >= 0)
        rc = cues_take(out, c, reterr);
    if (rc >= 0)
        found_take(result, a, ret);
    json_decref(result);
    return MIN(rc, 0);
}
