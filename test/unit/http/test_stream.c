/* Bodies that don't fit in memory, both ways, and events. */
#include "fixture.h"
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

static struct fixture f;
static atomic_llong taken;
static atomic_int read_error, slow, closed_streams, done_calls, early;

static int upload(struct request *rq, struct err *reterr) {
    static _Thread_local char chunk[64 << 10];
    ssize_t n;
    uint64_t sum = 0;
    int64_t total = 0;
    while ((n = request_read(rq, chunk, sizeof chunk, reterr)) > 0) {
        for (ssize_t i = 0; i < n; i++)
            sum = sum * 31 + (uint8_t)chunk[i];
        total += n;
        atomic_store(&taken, total);
        while (atomic_load(&slow))
            sleep_ms(1);
        if (atomic_load(&early) && total >= atomic_load(&early))
            return err_refuse(reterr, ERR_NO_SPACE, "", "The disk is full.", "full");
    }
    if (n < 0) {
        atomic_store(&read_error, (int)n);
        return (int)n;
    }
    return reply_json(rq, 202, json_pack("{s:I, s:I, s:I}", "bytes", (json_int_t)total, "length",
                                         (json_int_t)request_length(rq), "sum",
                                         (json_int_t)(sum >> 1)));
}

static int file(struct request *rq, struct err *reterr) {
    int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    return reply_fd(rq, fd, 1, 3, "application/octet-stream");
}

static int64_t cpu_ms(void) {
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return (u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1000 +
           (u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1000;
}

static ssize_t count_next(void *arg, void *dst, size_t n) {
    int64_t *left = arg;
    while (atomic_load(&slow))
        sleep_ms(1);
    if (*left < 0)
        return -1;
    n = MIN(n, (size_t)*left);
    memset(dst, 'x', n);
    *left -= (int64_t)n;
    return (ssize_t)n;
}

static void count_done(void *arg) {
    free(arg);
    atomic_fetch_add(&done_calls, 1);
}

static int stream(struct request *rq, struct err *reterr) {
    int64_t *left = malloc(sizeof *left);
    *left = request_query_int(rq, "n", 0);
    return reply_stream(rq, "text/plain", count_next, count_done, left);
}

enum { STREAMS_MAX = 600 };
static struct sse *streams[STREAMS_MAX];
static int n_streams;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void on_close(void *arg) { atomic_fetch_add(&closed_streams, 1); }

static int events(struct request *rq, struct err *reterr) {
    pthread_mutex_lock(&lock);
    int rc = reply_sse(rq, on_close, NULL, &streams[n_streams]);
    if (rc == 0)
        n_streams++;
    pthread_mutex_unlock(&lock);
    return rc;
}

static int streams_now(void) {
    pthread_mutex_lock(&lock);
    int n = n_streams;
    pthread_mutex_unlock(&lock);
    return n;
}

static const struct field n_field[] = {{"n", F_INT}, {NULL, F_END}};
static const struct route routes[] = {
    {POST, "/upload", upload, .flags = ROUTE_STREAM_BODY, .body_max = 1 << 30, .deadline_ms = 5000,
     .doc = "d"},
    {POST, "/upload-short", upload, .flags = ROUTE_STREAM_BODY, .body_max = 3 << 20,
     .deadline_ms = 300, .doc = "d"},
    {GET, "/file", file, .doc = "d"},
    {GET, "/stream", stream, .query = n_field, .doc = "d"},
    {GET, "/events", events, .flags = ROUTE_SSE, .doc = "d", .per_minute = 10000},
    {0},
};

static void start(void) {
    static const struct route *const tables[] = {routes, NULL};
    fixture_start(&f, tables, (struct http_options){.default_threads = 2, .stream_threads = 3});
}
static void stop(void) { fixture_stop(&f, 500); }
TestSuite(http_stream, .init = start, .fini = stop, .timeout = 60);

/* Every byte depends on its place, and the sum on their order. */
struct source {
    int64_t left;
    uint64_t at, sum;
};
static size_t source_read(char *dst, size_t size, size_t n, void *arg) {
    struct source *s = arg;
    n = MIN(size * n, (size_t)s->left);
    for (size_t i = 0; i < n; i++, s->at++) {
        dst[i] = (char)(s->at ^ s->at >> 8 ^ s->at >> 16);
        s->sum = s->sum * 31 + (uint8_t)dst[i];
    }
    s->left -= (int64_t)n;
    return n;
}
static uint64_t last_sum;

static struct reply upload_of(const char *path, int64_t n, bool chunked) {
    struct source s = {n};
    struct reply r = ask(&f, (struct ask){.method = "POST", .path = path, .read = source_read,
                                          .arg = &s, .length = chunked ? 0 : n});
    last_sum = s.sum >> 1;
    return r;
}

Test(http_stream, an_upload_arrives_whole) {
    static const int64_t sizes[] = {1, 1000, 300000, 5 << 20};
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++)
        for (int chunked = 0; chunked < 2; chunked++) {
            scoped_reply r = upload_of("/upload", sizes[i], chunked);
            cr_assert_eq(r.status, 202, "%d: %ld", (int)sizes[i], r.status);
            cr_assert_eq((uint64_t)json_integer_value(json_object_get(r.json, "sum")), last_sum);
            cr_assert_null(head_value(&r, "Connection"), "the connection is not kept");
            cr_assert_eq(json_integer_value(json_object_get(r.json, "bytes")), sizes[i]);
            cr_assert_eq(json_integer_value(json_object_get(r.json, "length")),
                         chunked ? -1 : sizes[i]);
        }
}

Test(http_stream, an_empty_upload_is_no_upload) {
    scoped_reply r = ask(&f, (struct ask){.method = "POST", .path = "/upload", .body = ""});
    cr_assert_eq(r.status, 202);
    cr_assert_eq(json_integer_value(json_object_get(r.json, "bytes")), 0);
}

Test(http_stream, a_slow_disk_holds_the_sender_back_and_memory_stays_flat) {
    int fd = raw_connect(&f);
    static char block[64 << 10];
    atomic_store(&slow, 1);
    raw_send(fd, "POST /upload HTTP/1.1\r\nHost: x\r\nContent-Length: 104857600\r\n\r\n");
    long before = resident_kib();
    int64_t sent = 0;
    for (int quiet = 0; quiet < 50;) { /* until nothing more is taken for 100 ms */
        ssize_t n = send(fd, block, sizeof block, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n > 0) {
            sent += n;
            quiet = 0;
        } else {
            sleep_ms(2);
            quiet++;
        }
        cr_assert(sent < 8 << 20, "nobody held the sender back");
    }
    cr_assert(sent > 256 << 10);
    int64_t busy = cpu_ms();
    sleep_ms(300);
    busy = cpu_ms() - busy;
    cr_assert(busy < 150, "%d ms of work while it waits", (int)busy);
    long grown = resident_kib() - before;
    cr_assert(grown < 6144, "%ld KiB", grown);
    atomic_store(&slow, 0);
    while (sent < 104857600) {
        ssize_t n = send(fd, block, (size_t)MIN((int64_t)sizeof block, 104857600 - sent),
                         MSG_NOSIGNAL);
        cr_assert(n > 0);
        sent += n;
    }
    grown = resident_kib() - before;
    scoped(buf_done) struct buf b = BUF(64 << 10);
    raw_read(fd, &b, "}", 30000);
    cr_assert(str_find(buf_str(&b), STR("104857600")) > 0, STR_FMT, STR_ARG(buf_str(&b)));
    cr_assert(grown < 8192, "%ld KiB for 100 MiB", grown);
    fd_close(&fd);
}

/* The ring is full, the last bytes lie in libmicrohttpd's memory, and the socket has nothing more to say. */
Test(http_stream, the_last_bytes_behind_a_full_ring_arrive) {
    enum { FIRST = 1000, RING = 256 << 10, REST = 354 };
    static char block[RING + REST];
    int fd = raw_connect(&f);
    atomic_store(&slow, 1);
    atomic_store(&taken, 0);
    raw_send(fd, "POST /upload HTTP/1.1\r\nHost: x\r\nContent-Length: 263498\r\n\r\n");
    static_assert(FIRST + RING + REST == 263498, "the head says so");
    cr_assert_eq(send(fd, block, FIRST, MSG_NOSIGNAL), FIRST);
    for (int i = 0; i < 5000 && atomic_load(&taken) < FIRST; i++)
        sleep_ms(1);
    for (size_t sent = 0; sent < sizeof block;) {
        ssize_t n = send(fd, block + sent, sizeof block - sent, MSG_NOSIGNAL);
        cr_assert(n > 0);
        sent += (size_t)n;
    }
    sleep_ms(100); /* the loop has put away all that fits */
    atomic_store(&slow, 0);
    scoped(buf_done) struct buf b = BUF(64 << 10);
    raw_read(fd, &b, "}", 30000);
    cr_assert(str_find(buf_str(&b), STR("263498")) > 0, STR_FMT, STR_ARG(buf_str(&b)));
    fd_close(&fd);
}

Test(http_stream, an_upload_that_is_broken_off_tells_the_handler) {
    int fd = raw_connect(&f);
    raw_send(fd, "POST /upload HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\nsome");
    EVENTUALLY(atomic_load(&taken) == 4, 2000);
    fd_close(&fd);
    EVENTUALLY(atomic_load(&read_error) == ERR_CANCELLED, 2000);
}

Test(http_stream, an_upload_that_falls_silent_is_ended) {
    int fd = raw_connect(&f);
    raw_send(fd, "POST /upload-short HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\nsome");
    EVENTUALLY(atomic_load(&read_error) == ERR_TIMEOUT, 2000);
    fd_close(&fd);
}

Test(http_stream, an_upload_over_the_limit_is_refused) {
    scoped_reply known = upload_of("/upload-short", 4 << 20, false);
    cr_assert_eq(known.status, 413);
    scoped_reply unknown = upload_of("/upload-short", 4 << 20, true);
    cr_assert_eq(unknown.status, 413);
}

/* The answer must reach a sender that has gigabytes left to send. */
Test(http_stream, a_handler_may_refuse_in_the_middle) {
    atomic_store(&early, 100000);
    scoped_reply small = upload_of("/upload", 500000, false);
    cr_assert_eq(small.status, 507);
    scoped_reply large = upload_of("/upload", 200 << 20, false);
    cr_assert_eq(large.status, 507);
    cr_assert_str_eq(json_text(&large, "detail"), "The disk is full.");
    atomic_store(&early, 0);
    scoped_reply next = upload_of("/upload", 1000, false);
    cr_assert_eq(next.status, 202);
}

Test(http_stream, more_uploads_than_threads_wait_their_turn) {
    int fd[6];
    for (int i = 0; i < 6; i++) {
        fd[i] = raw_connect(&f);
        raw_send(fd[i], "POST /upload HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n12345");
    }
    sleep_ms(50);
    for (int i = 0; i < 6; i++)
        raw_send(fd[i], "67890");
    for (int i = 0; i < 6; i++) {
        scoped(buf_done) struct buf b = BUF(64 << 10);
        raw_read(fd[i], &b, "}", 3000);
        cr_assert(str_find(buf_str(&b), STR("\"bytes\":10")) > 0);
        fd_close(&fd[i]);
    }
}

Test(http_stream, part_of_a_file_is_sent_from_its_descriptor) {
    scoped_reply r = ask(&f, GET_("/file"));
    cr_assert_eq(r.status, 200);
    cr_assert(str_eq(buf_str(&r.body), STR("ELF")));
}

Test(http_stream, a_reply_is_made_while_it_is_sent) {
    scoped_reply r = ask(&f, GET_("/stream?n=3000000"));
    cr_assert_eq(r.status, 200);
    cr_assert_eq(r.body.n, 3000000);
    scoped_reply empty = ask(&f, GET_("/stream?n=0"));
    cr_assert_eq(empty.body.n, 0);
    scoped_reply broken = ask(&f, GET_("/stream?n=-1"));
    cr_assert_neq(broken.rc, CURLE_OK);
    EVENTUALLY(atomic_load(&done_calls) == 3, 1000);
}

Test(http_stream, a_slow_source_costs_nothing) {
    int fd = raw_connect(&f);
    atomic_store(&slow, 1);
    raw_send(fd, "GET /stream?n=10 HTTP/1.1\r\nHost: x\r\n\r\n");
    sleep_ms(50);
    int64_t busy = cpu_ms();
    sleep_ms(300);
    busy = cpu_ms() - busy;
    cr_assert(busy < 150, "%d ms of work while it waits", (int)busy);
    atomic_store(&slow, 0);
    scoped(buf_done) struct buf b = BUF(64 << 10);
    raw_read(fd, &b, "xxxxxxxxxx\r\n0\r\n", 2000);
    cr_assert(str_find(buf_str(&b), STR("xxxxxxxxxx")) > 0);
    fd_close(&fd);
}

Test(http_stream, a_reader_that_goes_ends_the_stream) {
    int fd = raw_connect(&f);
    raw_send(fd, "GET /stream?n=900000000 HTTP/1.1\r\nHost: x\r\n\r\n");
    scoped(buf_done) struct buf b = BUF(64 << 10);
    raw_read(fd, &b, "xxxx", 2000);
    cr_assert_eq(atomic_load(&done_calls), 0);
    fd_close(&fd);
    EVENTUALLY(atomic_load(&done_calls) == 1, 2000);
}

Test(http_stream, events_reach_many_clients_that_hold_no_thread) {
    enum { N = 500 };
    static int fd[N];
    for (int i = 0; i < N; i++) {
        fd[i] = raw_connect(&f);
        raw_send(fd[i], "GET /events HTTP/1.1\r\nHost: x\r\n\r\n");
    }
    EVENTUALLY(streams_now() == N, 10000);
    for (int round = 0; round < 3; round++)
        for (int i = 0; i < N; i++)
            cr_assert(sse_send(streams[i], "progress", "7", STR("{\"a\":1}\nsecond")));
    for (int i = 0; i < N; i++)
        sse_close(streams[i]);
    for (int i = 0; i < N; i++) {
        scoped(buf_done) struct buf b = BUF(64 << 10);
        raw_read(fd[i], &b, "\r\n0\r\n\r\n", 5000);
        struct str s = buf_str(&b);
        cr_assert(str_find(s, STR("text/event-stream")) > 0);
        int n = 0;
        for (ptrdiff_t at; (at = str_find(s, STR("event: progress\nid: 7\ndata: {\"a\":1}\n"
                                                 "data: second\n\n"))) >= 0; n++)
            s = str_slice(s, (size_t)at + 10, s.n);
        cr_assert_eq(n, 3, "client %d got %d", i, n);
        fd_close(&fd[i]);
    }
    EVENTUALLY(atomic_load(&closed_streams) == N, 2000);
}

Test(http_stream, a_listener_that_goes_is_noticed_without_writing) {
    int fd = raw_connect(&f);
    raw_send(fd, "GET /events HTTP/1.1\r\nHost: x\r\n\r\n");
    EVENTUALLY(streams_now() == 1, 2000);
    cr_assert(sse_send(streams[0], NULL, NULL, STR("one")));
    sleep_ms(50);
    cr_assert_eq(atomic_load(&closed_streams), 0);
    fd_close(&fd);
    EVENTUALLY(atomic_load(&closed_streams) == 1, 500);
    cr_assert(!sse_send(streams[0], NULL, NULL, STR("two")));
    sse_close(streams[0]);
}

Test(http_stream, a_listener_that_does_not_read_is_dropped) {
    int fd = raw_connect(&f);
    raw_send(fd, "GET /events HTTP/1.1\r\nHost: x\r\n\r\n");
    EVENTUALLY(streams_now() == 1, 2000);
    static char large[10000];
    memset(large, 'e', sizeof large);
    int sent = 0;
    while (sent < 1000 && sse_send(streams[0], NULL, NULL, str_make(large, sizeof large)))
        sent++;
    cr_assert(sent >= 20 && sent < 1000, "%d", sent);
    /* Once it reads, it finds the stream broken off, never half an event and then silence. */
    scoped(buf_done) struct buf b = BUF(16 << 20);
    int64_t from = clock_mono_ns();
    raw_read(fd, &b, NULL, 3000);
    cr_assert(clock_mono_ns() - from < 2000000000, "the connection is still open");
    EVENTUALLY(atomic_load(&closed_streams) == 1, 2000);
    sse_close(streams[0]);
    fd_close(&fd);
}

Test(http_stop, streams_and_uploads_end_with_the_server, .timeout = 30) {
    start();
    int a = raw_connect(&f), b = raw_connect(&f);
    raw_send(a, "GET /events HTTP/1.1\r\nHost: x\r\n\r\n");
    raw_send(b, "POST /upload HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\nsome");
    EVENTUALLY(streams_now() == 1 && atomic_load(&taken) == 4, 2000);
    fixture_stop(&f, 100);
    cr_assert_eq(atomic_load(&closed_streams), 1);
    cr_assert_eq(atomic_load(&read_error), ERR_CANCELLED);
    cr_assert(!sse_send(streams[0], NULL, NULL, STR("late")));
    sse_close(streams[0]);
    fd_close(&a);
    fd_close(&b);
}

Test(http_stop, listeners_do_not_hold_up_a_stop, .timeout = 30) {
    start();
    int fd = raw_connect(&f);
    raw_send(fd, "GET /events HTTP/1.1\r\nHost: x\r\n\r\n");
    EVENTUALLY(streams_now() == 1, 2000);
    sleep_ms(30);
    int64_t from = clock_mono_ns();
    fixture_stop(&f, 5000);
    cr_assert(clock_mono_ns() - from < 2000000000);
    scoped(buf_done) struct buf b = BUF(64 << 10);
    raw_read(fd, &b, "\r\n0\r\n\r\n", 1000);
    cr_assert(str_ends(buf_str(&b), STR("\r\n0\r\n\r\n"))); /* to its end: the browser asks again */
    sse_close(streams[0]);
    fd_close(&fd);
}
