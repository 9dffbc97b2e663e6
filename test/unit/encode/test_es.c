/* test_es.c - an elementary file read back is what was written, and a damaged one is refused. */
#include "clip.h"
#include <unistd.h>

static const uint8_t extra[] = {1, 100, 0, 40, 0xff};

static void write_some(int fd, bool end) {
    struct es_writer *w = NULL;
    struct es_format f = {.codec = ES_H264, .timescale = 25, .width = 64, .height = 48, .fps = {25, 1},
                          .extra = extra, .n_extra = sizeof(extra)};
    cr_assert_eq(es_writer_new(fd, &w, NULL), 0);
    cr_assert_eq(es_write_format(w, &f, NULL), 0);
    for (int i = 0; i < 3; i++) {
        char data[8];
        snprintf(data, sizeof(data), "pkt%d", i);
        struct es_packet p = {.pts = i + 2, .dts = i, .duration = 1, .flags = i ? 0 : ES_KEY,
                              .data = (uint8_t *)data, .size = 4};
        cr_assert_eq(es_write_packet(w, &p, NULL), 0);
    }
    if (end)
        cr_assert_eq(es_write_end(w, 3, NULL), 0);
    cr_assert_eq(es_writer_flush(w, true, NULL, NULL), 0);
    es_writer_free(w);
}

Test(es, what_is_written_is_read) {
    int fd = clip_fd();
    write_some(fd, true);
    struct es_reader *r = NULL;
    struct es_record rec;
    cr_assert_eq(es_reader_new(fd, &r, NULL), 0);
    cr_assert_eq(es_read(r, true, &rec, NULL), 0);
    cr_assert_eq(rec.kind, ES_FORMAT);
    cr_assert_eq(rec.format.width, 64);
    cr_assert_arr_eq(rec.format.extra, extra, sizeof(extra));
    for (int i = 0; i < 3; i++) {
        cr_assert_eq(es_read(r, i != 1, &rec, NULL), 0);
        cr_assert_eq(rec.kind, ES_PACKET);
        cr_assert_eq(rec.packet.pts, i + 2);
        cr_assert_eq(rec.packet.flags, i ? 0u : (uint32_t)ES_KEY);
        if (i == 1)
            cr_assert_null(rec.packet.data);
        else
            cr_assert_eq(rec.packet.data[3], '0' + i);
        char c;
        cr_assert_eq(pread(fd, &c, 1, (off_t)rec.packet.offset + 3), 1);
        cr_assert_eq(c, '0' + i);
    }
    for (int i = 0; i < 2; i++) {
        cr_assert_eq(es_read(r, true, &rec, NULL), 0);
        cr_assert_eq(rec.kind, ES_END);
        cr_assert_eq(rec.play_duration, 3);
    }
    es_reader_free(r);
}

static int read_all(int fd, struct err *e) {
    struct es_reader *r = NULL;
    struct es_record rec = {.kind = ES_FORMAT};
    int rc = es_reader_new(fd, &r, e);
    while (rc == 0 && rec.kind != ES_END)
        rc = es_read(r, true, &rec, e);
    es_reader_free(r);
    return rc;
}

Test(es, a_file_without_its_end_is_not_finished) {
    int fd = clip_fd();
    write_some(fd, false);
    struct err e = {0};
    cr_assert_eq(read_all(fd, &e), ERR_CORRUPT);
    cr_assert(strstr(e.msg, "not finished"), "%s", e.msg);
}

Test(es, every_cut_is_noticed) {
    int fd = clip_fd();
    write_some(fd, true);
    for (off_t n = lseek(fd, 0, SEEK_END) - 1; n >= 0; n--) {
        cr_assert_eq(ftruncate(fd, n), 0);
        struct err e = {0};
        cr_assert_eq(read_all(fd, &e), ERR_CORRUPT, "cut to %lld bytes", (long long)n);
    }
}

Test(es, impossible_fields_are_refused) {
    /* In the first packet's header: size, pts below dts, duration 0, dts that does not rise. */
    struct { int at; uint8_t v; } damage[] = {{4 + 3, 0xff}, {8, 0}, {24, 0}, {16 + 7, 0x7f}};
    const long header = 32 + 56 + (long)sizeof(extra);
    for (size_t i = 0; i < ARRAY_LEN(damage); i++) {
        int fd = clip_fd();
        write_some(fd, true);
        long at = header + (damage[i].at == 8 || damage[i].at == 24 ? 36 : 0) + damage[i].at;
        cr_assert_eq(pwrite(fd, &damage[i].v, 1, at), 1);
        struct err e = {0};
        cr_assert_eq(read_all(fd, &e), ERR_CORRUPT, "damage %zu", i);
    }
}

Test(es, appends_after_what_is_there) {
    int fd = clip_fd();
    write_some(fd, false);
    off_t half = lseek(fd, 0, SEEK_END);
    struct es_writer *w = NULL;
    cr_assert_eq(es_writer_new(fd, &w, NULL), 0);
    struct es_packet p = {.pts = 9, .dts = 9, .duration = 1, .data = extra, .size = 5};
    uint64_t size = 0;
    cr_assert_eq(es_write_packet(w, &p, NULL), 0);
    cr_assert_eq(es_write_end(w, 10, NULL), 0);
    cr_assert_eq(es_writer_flush(w, false, &size, NULL), 0);
    es_writer_free(w);
    cr_assert_eq(size, (uint64_t)half + 32 + 5 + 32);
    struct err e = {0};
    cr_assert_eq(read_all(fd, &e), 0, "%s", e.msg);
}

/* A row lost in a merge is a step of the import that silently does nothing. */
Test(ops, every_operation_is_in_the_table) {
    const char *names[] = {"probe", "plan", "encode", "audio", "images", "text", "package", "verify"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        cr_expect(media_op_find(names[i]), "%s", names[i]);
    cr_expect_null(media_op_find("nothing"));
}
