/* Parts of a film, made apart and joined: what comes out is what one run makes, and what does not fit is found. */
#include "clip.h"
#include <fcntl.h>
#include <unistd.h>

static json_t *op(const char *name, const int *fds, size_t n, json_t *request, struct err *e) {
    struct op_io io = {.fds = fds, .n_fds = n};
    json_t *result = NULL;
    int rc = media_op_find(name)->run(&io, request, &result, e);
    json_decref(request);
    cr_assert(rc == 0 || (rc < 0 && e->code == rc));
    return rc < 0 ? NULL : result;
}

/* Chunks [first, until) of the film in files of their own; until 0: to its end. */
static json_t *part(const struct made *m, const char *clip, int first, int until, json_t *buffers, int *ret_fds) {
    struct err e = {0};
    int fds[9] = {open(clip, O_RDONLY)};
    for (size_t i = 0; i < m->n_rungs; i++)
        fds[i + 1] = ret_fds[i] = clip_fd();
    json_t *r = op("encode", fds, m->n_rungs + 1,
                   json_pack("{s:O,s:i,s:i,s:i,s:O*}", "plan", m->plan, "first_chunk", first, "from_chunk", first, "until_chunk",
                             until, "buffers", buffers),
                   &e);
    cr_assert(r, "%s", e.msg);
    close(fds[0]);
    return r;
}

static json_t *joint(const struct made *m, const int *fds, int first, json_t *before, struct err *e) {
    return op("joint", fds, m->n_rungs,
              json_pack("{s:O,s:i,s:O*,s:O*}", "plan", m->plan, "first_chunk", first, "buffers", json_object_get(before, "buffers"),
                        "formats", json_object_get(before, "formats")),
              e);
}

/* What b says behind a's end, which is cut away, is what whole says there. */
static bool joined_is(int a, int b, int whole) {
    enum { END = 32 };
    off_t na = lseek(a, 0, SEEK_END) - END, nb = lseek(b, 0, SEEK_END), n = lseek(whole, 0, SEEK_END);
    char *x = malloc((size_t)(na + nb)), *y = malloc((size_t)n);
    bool same = na + nb == n && pread(a, x, (size_t)na, 0) == na && pread(b, x + na, (size_t)nb, 0) == nb &&
                pread(whole, y, (size_t)n, 0) == n && memcmp(x, y, (size_t)n) == 0;
    free(x);
    free(y);
    return same;
}

#define NOISE "-f lavfi -i \"mandelbrot=s=426x240:r=25,noise=alls=70:allf=t\" -t 8 -c:v libx264 -preset ultrafast -qp 8"

Test(joint, a_part_that_begins_with_what_the_one_before_left_is_the_same_to_the_byte) {
    struct err e = {0};
    const char *clip = clip_make("mp4", NOISE);
    struct made m = made_encode(clip, "{\"preset\":\"veryfast\",\"chunk_s\":2}");
    int a[8], b[8];
    json_t *made = part(&m, clip, 0, 2, NULL, a);
    cr_expect_eq(num(made, "frames"), 100);
    json_t *first = joint(&m, a, 0, NULL, &e);
    cr_assert(first, "%s", e.msg);
    cr_expect_eq(num(first, "frames"), 100);
    json_t *rest = part(&m, clip, 2, 0, json_object_get(first, "buffers"), b);
    cr_expect_eq(num(rest, "frames"), 200);
    json_t *second = joint(&m, b, 2, first, &e);
    cr_assert(second, "%s", e.msg);
    for (size_t i = 0; i < m.n_rungs; i++)
        cr_expect(joined_is(a[i], b[i], m.rungs[i]), "rung %zu", i);
}

Test(joint, parts_of_every_codec_are_joined_to_what_one_run_makes) {
    struct err e = {0};
    const char *clip = clip_make("mp4", "-f lavfi -i testsrc2=s=160x96:r=25 -t 4.4 -pix_fmt yuv420p -c:v libx264 -preset ultrafast");
    struct made m = made_encode(clip, "{\"preset\":\"ultrafast\",\"chunk_s\":2,\"codecs\":\"hevc,av1\"}");
    int a[8], b[8];
    cr_assert_eq(m.n_rungs, 3);
    part(&m, clip, 0, 1, NULL, a);
    json_t *first = joint(&m, a, 0, NULL, &e);
    cr_assert(first, "%s", e.msg);
    part(&m, clip, 1, 0, json_object_get(first, "buffers"), b);
    json_t *second = joint(&m, b, 1, first, &e);
    cr_assert(second, "%s", e.msg);
    for (size_t i = 0; i < m.n_rungs; i++)
        cr_expect(joined_is(a[i], b[i], m.rungs[i]), "rung %zu", i);
}

Test(joint, what_borrowed_from_a_full_buffer_is_made_again_with_what_was_left) {
    struct err e = {0};
    const char *clip = clip_make("mp4", NOISE);
    struct made m = made_encode(clip, "{\"preset\":\"veryfast\",\"chunk_s\":2}");
    int a[8], b[8], c[8];
    part(&m, clip, 0, 2, NULL, a);
    part(&m, clip, 2, 0, NULL, b); /* as if the film began there */
    json_t *first = joint(&m, a, 0, NULL, &e), *second = joint(&m, b, 2, first, &e);
    cr_assert(first && second, "%s", e.msg);
    cr_expect_null(json_object_get(first, "redo"));
    json_t *redo = json_object_get(second, "redo");
    cr_assert(redo, "each picture is dearer than the ceiling allows: the buffer was not nine tenths full");
    cr_expect_eq(num(redo, "from"), 2);
    cr_expect(json_equal(json_object_get(redo, "buffers"), json_object_get(first, "buffers")), "what the first part left");
    part(&m, clip, 2, 0, json_object_get(redo, "buffers"), c);
    json_t *again = joint(&m, c, 2, first, &e);
    cr_assert(again, "%s", e.msg);
    for (size_t i = 0; i < m.n_rungs; i++)
        cr_expect(joined_is(a[i], c[i], m.rungs[i]), "rung %zu", i);
}

Test(joint, a_cheap_film_is_not_made_again) {
    struct err e = {0};
    const char *clip = clip_make("mp4", "-f lavfi -i testsrc2=s=320x180:r=25 -t 8 -c:v libx264 -preset ultrafast");
    struct made m = made_encode(clip, "{\"preset\":\"veryfast\",\"chunk_s\":2}");
    int a[8], b[8];
    part(&m, clip, 0, 2, NULL, a);
    part(&m, clip, 2, 0, NULL, b);
    json_t *first = joint(&m, a, 0, NULL, &e), *second = joint(&m, b, 2, first, &e);
    cr_assert(second, "%s", e.msg);
    cr_expect_eq(num(second, "frames"), 200);
}

/* Its packets but the nth, which is left out (twice: doubled); other: the parameter sets are changed. */
static int spoil(int fd, size_t nth, int times, bool other) {
    struct err e = {0};
    struct es_reader *r = NULL;
    struct es_writer *w = NULL;
    struct es_record rec = {.kind = ES_FORMAT};
    int out = clip_fd();
    cr_assert_eq(es_reader_new(fd, &r, &e), 0);
    cr_assert_eq(es_writer_new(out, &w, &e), 0);
    for (size_t n = 0; rec.kind != ES_END;) {
        cr_assert_eq(es_read(r, true, &rec, &e), 0, "%s", e.msg);
        if (rec.kind == ES_FORMAT) {
            uint8_t extra[256];
            struct es_format f = rec.format;
            memcpy(extra, f.extra, f.n_extra);
            extra[f.n_extra - 5] ^= other;
            f.extra = extra;
            es_write_format(w, &f, &e);
        } else if (rec.kind == ES_PACKET) {
            for (int i = n++ == nth ? times : 1; i > 0; i--, rec.packet.dts++)
                es_write_packet(w, &rec.packet, &e);
        } else {
            es_write_end(w, rec.play_duration, &e);
        }
    }
    es_writer_flush(w, false, NULL, &e);
    es_writer_free(w);
    es_reader_free(r);
    return out;
}

Test(joint, a_frame_lost_or_doubled_and_other_parameter_sets_are_found) {
    struct err e = {0};
    const char *clip = clip_make("mp4", "-f lavfi -i testsrc2=s=320x180:r=25 -t 4 -c:v libx264 -preset ultrafast");
    struct made m = made_encode(clip, "{\"preset\":\"veryfast\",\"chunk_s\":2,\"max_rungs\":1}");
    cr_assert_eq(m.n_rungs, 1);
    json_t *fine = joint(&m, m.rungs, 0, NULL, &e);
    cr_assert(fine, "%s", e.msg);
    int kept = spoil(m.rungs[0], 9999, 1, false);
    cr_expect(joint(&m, &kept, 0, NULL, &e) != NULL, "copied as it was: %s", e.msg);
    struct { size_t nth; int times; } cases[] = {{0, 0}, {30, 0}, {99, 0}, {49, 0}, {50, 2}, {99, 2}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct err why = {0};
        int fd = spoil(m.rungs[0], cases[i].nth, cases[i].times, false);
        cr_expect_null(joint(&m, &fd, 0, NULL, &why), "packet %zu %d times", cases[i].nth, cases[i].times);
        cr_expect_eq(why.code, ERR_CORRUPT, "%s", why.msg);
    }
    int other = spoil(m.rungs[0], 9999, 1, true);
    cr_expect(joint(&m, &other, 0, NULL, &e) != NULL, "alone they are as good as any");
    cr_expect_null(joint(&m, &other, 0, fine, &e), "but not those of the first part");
    /* A part is where it says, and nowhere else. */
    cr_expect_null(joint(&m, m.rungs, 1, NULL, &e));
}

Test(ladder, a_film_is_split_where_its_container_seeks_and_it_is_worth_it) {
    struct { const char *ending, *args, *policy; size_t parts; } cases[] = {
        {"mp4", "-t 9", "{\"chunk_s\":2,\"part_s\":4}", 2}, /* five chunks: the last part takes three */
        {"mp4", "-t 9", "{\"chunk_s\":2}", 0},
        {"mp4", "-t 9", "{\"chunk_s\":2,\"part_s\":0}", 0},
        {"mkv", "-t 9", "{\"chunk_s\":2,\"part_s\":2}", 5},
        {"ts", "-t 9", "{\"chunk_s\":2,\"part_s\":2}", 0},
        {"mp4", "-t 5", "{\"chunk_s\":2,\"part_s\":4}", 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char args[200];
        snprintf(args, sizeof args, "-f lavfi -i testsrc2=s=64x48:r=25 -c:v libx264 -preset ultrafast %s", cases[i].args);
        json_t *plan = plan_ok(probe_ok(clip_make(cases[i].ending, args)), cases[i].policy);
        json_t *parts = json_object_get(json_object_get(plan, "video"), "parts");
        cr_expect_eq(json_array_size(parts), cases[i].parts, "case %zu", i);
        if (i == 0)
            cr_expect_eq(json_integer_value(json_array_get(parts, 1)), 2);
    }
}
