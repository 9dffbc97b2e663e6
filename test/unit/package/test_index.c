/* test_index.c - an index written is the index read, and a damaged one is refused. */
#include "media/cmaf/index.h"
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int temp_file(void) {
    FILE *f = tmpfile();
    cr_assert(f);
    return fileno(f); /* lives as long as the test's process */
}

static struct index_writer written(int fd) {
    struct index_object o = {.name = "v1.cmaf"};
    struct index_extent e[3] = {
        {.offset = 4096, .time = 0, .length = 1000, .duration = 100, .iframe_length = 400},
        {.offset = 8192, .time = 100, .length = 900, .duration = 100, .iframe_length = 300},
        {.offset = 12288, .time = 200, .length = 10, .duration = 4, .iframe_length = 10},
    };
    struct index_writer w;
    cr_assert_eq(index_start(&w, fd, &o, 1), 0);
    w.h.timescale = 25;
    w.h.duration = 204;
    cr_assert_eq(index_append(&w, e, 2), 0);
    cr_assert_eq(index_append(&w, e + 2, 1), 0);
    cr_assert_eq(index_publish(&w), 0);
    return w;
}

Test(index, crc32_is_zlibs) {
    cr_assert_eq(index_crc32("123456789", 9), 0xcbf43926u);
}

Test(index, what_is_written_is_read) {
    int fd = temp_file();
    written(fd);
    struct index_header h;
    struct index_object o;
    struct index_extent e, all[3];
    cr_assert_eq(index_read_header(fd, &h), 0);
    cr_assert_eq(h.count, 3);
    cr_assert_eq(h.timescale, 25);
    cr_assert_eq(index_read_object(fd, &h, 0, &o), 0);
    cr_assert_str_eq(o.name, "v1.cmaf");
    cr_assert_eq(index_read_extent(fd, &h, 1, &e), 0);
    cr_assert_eq(e.offset, 8192);
    cr_assert_eq(index_read_extents(fd, &h, all), 0);
    cr_assert_eq(all[2].time, 200);
    cr_assert_eq(index_read_extent(fd, &h, 3, &e), -1);
    cr_assert_eq(errno, ERANGE);
}

Test(index, extents_appended_show_only_once_published) {
    int fd = temp_file();
    struct index_writer w = written(fd);
    struct index_extent more = {.offset = 16384, .length = 1, .duration = 1};
    struct index_header h;
    cr_assert_eq(index_append(&w, &more, 1), 0);
    cr_assert_eq(index_read_header(fd, &h), 0);
    cr_assert_eq(h.count, 3);
    cr_assert_eq(index_publish(&w), 0);
    cr_assert_eq(index_read_header(fd, &h), 0);
    cr_assert_eq(h.count, 4);
}

Test(index, every_flipped_byte_is_noticed) {
    int fd = temp_file();
    written(fd);
    for (int at = 0; at < 124; at++) { /* the last four bytes of the header are padding */
        uint8_t b;
        struct index_header h;
        cr_assert_eq(pread(fd, &b, 1, at), 1);
        b ^= 0x40;
        cr_assert_eq(pwrite(fd, &b, 1, at), 1);
        cr_assert_eq(index_read_header(fd, &h), -1, "byte %d", at);
        b ^= 0x40;
        cr_assert_eq(pwrite(fd, &b, 1, at), 1);
    }
    struct index_header h;
    struct index_extent e;
    cr_assert_eq(index_read_header(fd, &h), 0);
    cr_assert_eq(pwrite(fd, "x", 1, (off_t)index_extent_at(&h, 0) + 20), 1);
    cr_assert_eq(index_read_extent(fd, &h, 0, &e), -1);
    cr_assert_eq(errno, EBADMSG);
}

Test(index, a_cut_file_is_refused) {
    int fd = temp_file();
    written(fd);
    struct index_header h;
    cr_assert_eq(ftruncate(fd, (off_t)(INDEX_HEADER + INDEX_OBJECT + 3 * INDEX_EXTENT - 1)), 0);
    cr_assert_eq(index_read_header(fd, &h), -1);
    cr_assert_eq(ftruncate(fd, 0), 0);
    cr_assert_eq(index_read_header(fd, &h), -1);
}

Test(index, an_object_name_cannot_leave_its_folder) {
    int fd = temp_file();
    struct index_object o = {.name = "../key"}, got;
    struct index_writer w;
    struct index_header h;
    cr_assert_eq(index_start(&w, fd, &o, 1), 0);
    cr_assert_eq(index_publish(&w), 0);
    cr_assert_eq(index_read_header(fd, &h), 0);
    cr_assert_eq(index_read_object(fd, &h, 0, &got), -1);
    cr_assert_eq(errno, EBADMSG);
}
