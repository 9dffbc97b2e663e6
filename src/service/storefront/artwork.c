/* artwork.c - from bytes that somebody sent, or a moment of a film, to files that a page may show. */
#include "service/storefront/artwork.h"
#include "engine/child/child.h"
#include "media/image/head.h"
#include "service/json.h"
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

enum { WALL_MS = 50000, CPU_S = 60, FILES_MAX = 4 };
#define MEMORY (3LL << 30)

static int child_ask(const char *kind, int fd, int64_t at_us, const char *key, int out, json_t **ret, struct err *reterr) {
    const int fds[] = {fd, out};
    json_t *request = json_pack("{s:s}", "kind", kind);
    if (at_us >= 0)
        json_object_set_new(request, "at_us", json_integer(at_us));
    if (key)
        json_object_set_new(request, "key", json_string(key));
    struct child_spec spec = {.op = "artwork",
                              .request = request,
                              .fds = fds,
                              .n_fds = 2,
                              .limits = {.memory_bytes = MEMORY, .cpu_s = CPU_S, .wall_ms = WALL_MS, .file_bytes = 128 << 20}};
    int rc = request ? child_run(&spec, ret, reterr) : err_set(reterr, ERR_NO_MEMORY, "no memory for a request");
    json_decref(request);
    return rc;
}

/* What the child says is foreign: endings are of our list, lengths are looked at, bytes are read by us. */
static int file_store(const struct engine *e, int out, const json_t *file, struct str stem, unsigned *io_formats,
                      const char **ret_fallback, struct arena *a, struct err *reterr) {
    static const struct {
        const char *type;
        unsigned bit; /* 0: everything reads it */
    } types[] = {{"jpg", 0}, {"png", 0}, {"webp", ART_WEBP}, {"avif", ART_AVIF}};
    int64_t offset = json_get_int(file, "offset", -1), length = json_get_int(file, "length", 0);
    struct str type = json_get_str(file, "type");
    size_t t = 0;
    while (t < ARRAY_LEN(types) && !str_eq(type, str_of(types[t].type)))
        t++;
    if (t == ARRAY_LEN(types) || offset < 0 || length <= 0 || length > PICTURE_BYTES_MAX)
        return err_set(reterr, ERR_CRASHED, "the picture's maker said something odd");
    scoped(mem_free) char *bytes = malloc((size_t)length);
    struct str name = str_printf(a, "art/" STR_FMT ".%s", STR_ARG(stem), types[t].type);
    if (!bytes || !name.p)
        return err_set(reterr, ERR_NO_MEMORY, "no memory for a picture");
    if (pread(out, bytes, (size_t)length, offset) != length)
        return err_set(reterr, ERR_CRASHED, "the pictures are shorter than said");
    *io_formats |= types[t].bit;
    if (!types[t].bit)
        *ret_fallback = name.p + strlen("art/");
    return blob_put(e->blob, name.p, str_make(bytes, (size_t)length), reterr);
}

static int size_store(const struct engine *e, int out, const json_t *size, struct str prefix, struct arena *a,
                      struct artwork *ret, struct err *reterr) {
    const json_t *files = json_object_get(size, "files");
    int width = (int)json_get_int(size, "width", 0), height = (int)json_get_int(size, "height", 0);
    struct str stem = str_printf(a, STR_FMT "-%d", STR_ARG(prefix), width);
    const char *fallback = NULL;
    unsigned formats = 0;
    int rc = width > 0 && height > 0 && json_array_size(files) <= FILES_MAX
                 ? 0
                 : err_set(reterr, ERR_CRASHED, "the picture's maker said something odd");
    for (size_t i = 0; rc == 0 && i < json_array_size(files); i++)
        rc = file_store(e, out, json_array_get(files, i), stem, &formats, &fallback, a, reterr);
    if (rc == 0 && !fallback)
        rc = err_set(reterr, ERR_CRASHED, "a picture that not everything reads");
    if (rc == 0)
        *ret = (struct artwork){.name = str_of(fallback), .width = width, .height = height, .formats = formats, .by_hand = true};
    return rc;
}

static uint32_t colour_of(struct str hex) {
    uint8_t rgb[3] = {0x20, 0x20, 0x20};
    if (hex.n == 7)
        str_unhex(str_slice(hex, 1, 7), rgb, 3);
    return (uint32_t)rgb[0] << 16 | (uint32_t)rgb[1] << 8 | rgb[2];
}

/* A data: address of base64 and nothing else: it becomes part of a page. */
static struct str blur_of(const json_t *result, struct arena *a) {
    static const char head[] = "data:image/webp;base64,";
    struct str s = json_get_str(result, "blur");
    if (!str_starts(s, STR("data:image/webp;base64,")) || s.n > 1000)
        return STR("");
    for (size_t i = sizeof head - 1; i < s.n; i++)
        if (!((s.p[i] | 32) >= 'a' && (s.p[i] | 32) <= 'z') && !(s.p[i] >= '0' && s.p[i] <= '9') && s.p[i] != '+' &&
            s.p[i] != '/' && s.p[i] != '=')
            return STR("");
    return str_dup(a, s);
}

static int result_store(const struct engine *e, const char *kind, const char *prefix, int out, const json_t *result,
                        struct arena *a, struct made_art *ret, struct err *reterr) {
    const json_t *sizes = json_object_get(result, "sizes");
    struct id id = id_new(clock_now_ms(e->clock));
    struct str stem = str_printf(a, "%s" ID_FMT "-%s", prefix, ID_ARG(id), kind), blur = blur_of(result, a);
    uint32_t colour = colour_of(json_get_str(result, "color"));
    int rc = 0;
    ret->n = json_array_size(sizes);
    if (!ret->n || ret->n > ARRAY_LEN(ret->sizes))
        return err_set(reterr, ERR_CRASHED, "%zu sizes of a picture", ret->n);
    for (size_t i = 0; rc == 0 && i < ret->n; i++) {
        rc = size_store(e, out, json_array_get(sizes, i), stem, a, &ret->sizes[i], reterr);
        ret->sizes[i].color = colour;
        ret->sizes[i].blur = blur;
    }
    return rc;
}

int artwork_make(const struct engine *e, const char *kind, const char *prefix, int fd, int64_t at_us, const char *key,
                 struct arena *a, struct made_art *ret, struct err *reterr) {
    json_t *result = NULL;
    scoped(fd_close) int out = memfd_create("artwork", MFD_CLOEXEC);
    if (out < 0)
        return err_errno(reterr, errno, "memory for a picture");
    int rc = child_ask(kind, fd, at_us, key, out, &result, reterr);
    if (rc >= 0)
        rc = result_store(e, kind, prefix, out, result, a, ret, reterr);
    json_decref(result);
    return MIN(rc, 0);
}

int artwork_receive(struct request *rq, struct err *reterr) {
    scoped(fd_close) int fd = memfd_create("upload", MFD_CLOEXEC);
    char piece[64 << 10];
    ssize_t n;
    if (fd < 0)
        return err_errno(reterr, errno, "memory for an upload");
    while ((n = request_read(rq, piece, sizeof piece, reterr)) > 0)
        for (ssize_t at = 0; at < n;) {
            ssize_t put = write(fd, piece + at, (size_t)(n - at));
            if (put < 0)
                return err_errno(reterr, errno, "memory for an upload");
            at += put;
        }
    if (n < 0)
        return (int)n;
    int ret = fd;
    fd = -1;
    return ret;
}
