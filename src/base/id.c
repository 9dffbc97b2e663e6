/*
 * id.c - ULIDs: 48 bits of milliseconds, then 80 random bits. Within a millisecond the random part
 * counts up, so ids made by one process sort in the order of their making.
 */
#include "base/id.h"
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int64_t last_ms = -1;
static uint8_t last[10];

static void random_fill(void *p, size_t n) {
    for (size_t got = 0; got < n;) {
        ssize_t r = getrandom((uint8_t *)p + got, n - got, 0);
        assert(r > 0); /* cannot fail for 256 bytes or less once the kernel is up */
        got += (size_t)r;
    }
}

static void random_next(int64_t now_ms, uint8_t *ret) {
    pthread_mutex_lock(&lock);
    if (now_ms == last_ms) {
        for (int i = 9; i >= 0 && ++last[i] == 0; i--)
            ;
    } else {
        last_ms = now_ms;
        random_fill(last, sizeof last);
        last[0] &= 0x7F; /* room to count up */
    }
    memcpy(ret, last, sizeof last);
    pthread_mutex_unlock(&lock);
}

/* 130 bits of base32 for 128: the first character carries three. */
static struct id id_of_number(unsigned __int128 v) {
    struct id id;
    for (int i = ID_LEN - 1; i >= 0; i--, v >>= 5)
        id.s[i] = alphabet[(unsigned)v & 31];
    id.s[ID_LEN] = 0;
    return id;
}

struct id id_new(int64_t now_ms) {
    uint8_t raw[16];
    for (int i = 0; i < 6; i++)
        raw[i] = (uint8_t)(now_ms >> (40 - 8 * i));
    random_next(now_ms, raw + 6);
    unsigned __int128 v = 0;
    for (int i = 0; i < 16; i++)
        v = v << 8 | raw[i];
    return id_of_number(v);
}

static int hex_digit(char c) {
    return c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
}

bool id_of_uuid(struct str s, struct id *ret) {
    unsigned __int128 v = 0;
    if (s.n != 36)
        return false;
    for (size_t i = 0; i < s.n; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        int d = hex_digit(s.p[i]);
        if (dash ? s.p[i] != '-' : d < 0)
            return false;
        if (!dash)
            v = v << 4 | (unsigned)d;
    }
    *ret = id_of_number(v);
    return true;
}

/* Of a digit or letter its value and 1, so that everything else is 0. */
#define D(upper, value) [upper] = (value) + 1, [(upper) | 32] = (value) + 1
static const uint8_t values[256] = {
    ['0'] = 1, 2, 3, 4, 5, 6, 7, 8, 9, 10,
    D('A', 10), D('B', 11), D('C', 12), D('D', 13), D('E', 14), D('F', 15), D('G', 16), D('H', 17),
    D('J', 18), D('K', 19), D('M', 20), D('N', 21), D('P', 22), D('Q', 23), D('R', 24), D('S', 25),
    D('T', 26), D('V', 27), D('W', 28), D('X', 29), D('Y', 30), D('Z', 31)};

static int digit(char c) { return values[(uint8_t)c] - 1; }

bool id_parse(struct str s, struct id *ret) {
    struct id id;
    if (s.n != ID_LEN || digit(s.p[0]) > 7)
        return false;
    for (size_t i = 0; i < ID_LEN; i++) {
        int d = digit(s.p[i]);
        if (d < 0)
            return false;
        id.s[i] = alphabet[d];
    }
    id.s[ID_LEN] = 0;
    *ret = id;
    return true;
}

int64_t id_time_ms(struct id id) {
    int64_t v = 0;
    for (int i = 0; i < 10; i++)
        v = v << 5 | MAX(digit(id.s[i]), 0);
    return v;
}
