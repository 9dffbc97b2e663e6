/* place.c - libmaxminddb behind place.h: one mapped file, looked at again once a minute. */
#include "engine/place/place.h"
#include "base/log.h"
#include <maxminddb.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { LOOK_AGAIN_MS = 60000 };

struct place {
    const char *path;
    const struct clock *clock;
    pthread_rwlock_t lock; /* of db: readers look up, who opens a new one writes */
    MMDB_s db;
    struct stat seen;
    _Atomic int64_t look_at_ms;
};

static int database_bad(const char *path, int code, const char *why, struct err *reterr) {
    return err_refuse(reterr, code, "place.database",
                      "country-database wants a file in MaxMind's DB format that knows countries, like "
                      "GeoLite2-Country.mmdb; leave it empty to do without.",
                      "%s: %s", path, why);
}

/* A database of something else (networks, anonymisers) would know nobody's country and never say so. */
static bool knows_countries(const MMDB_s *db) {
    const char *type = db->metadata.database_type;
    return strstr(type, "Country") || strstr(type, "City") || strstr(type, "Enterprise");
}

static int database_open(const char *path, MMDB_s *ret, struct err *reterr) {
    int status = MMDB_open(path, MMDB_MODE_MMAP, ret);
    if (status == MMDB_FILE_OPEN_ERROR)
        return database_bad(path, ERR_NOT_FOUND, "cannot be opened", reterr);
    if (status != MMDB_SUCCESS)
        return database_bad(path, ERR_INVALID, MMDB_strerror(status), reterr);
    if (knows_countries(ret))
        return 0;
    MMDB_close(ret);
    return database_bad(path, ERR_INVALID, "it is a database of something else than countries", reterr);
}

int place_open(const char *path, const struct clock *clock, struct place **ret_p, struct err *reterr) {
    struct place *p = calloc(1, sizeof *p);
    if (!p)
        return err_set(reterr, ERR_NO_MEMORY, "no memory for a database of countries");
    int rc = database_open(path, &p->db, reterr);
    if (rc || stat(path, &p->seen) < 0) {
        if (rc == 0)
            MMDB_close(&p->db);
        free(p);
        return rc ? rc : database_bad(path, ERR_NOT_FOUND, "is gone", reterr);
    }
    p->path = path;
    p->clock = clock;
    pthread_rwlock_init(&p->lock, NULL);
    atomic_init(&p->look_at_ms, clock_now_ms(clock) + LOOK_AGAIN_MS);
    *ret_p = p;
    return 0;
}

void place_close(struct place *p) {
    if (!p)
        return;
    MMDB_close(&p->db);
    pthread_rwlock_destroy(&p->lock);
    free(p);
}

static bool is_same_file(const struct stat *a, const struct stat *b) {
    return a->st_ino == b->st_ino && a->st_dev == b->st_dev && a->st_size == b->st_size &&
           a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

static void database_replace(struct place *p) {
    struct stat st;
    struct err why = {0};
    MMDB_s fresh;
    if (stat(p->path, &st) < 0 || is_same_file(&st, &p->seen))
        return;
    if (database_open(p->path, &fresh, &why) < 0) {
        log_event(LOG_WARN, "place.database_unreadable", LS("path", p->path), LS("err", why.msg));
        return;
    }
    pthread_rwlock_wrlock(&p->lock);
    MMDB_s old = p->db;
    p->db = fresh;
    p->seen = st;
    pthread_rwlock_unlock(&p->lock);
    MMDB_close(&old);
    log_event(LOG_INFO, "place.database_replaced", LS("path", p->path));
}

/* The one thread that moves the time on looks; the others go on with what there is. */
static void look_again(struct place *p) {
    int64_t now = clock_now_ms(p->clock), due = atomic_load_explicit(&p->look_at_ms, memory_order_relaxed);
    bool went_back = now + 2LL * LOOK_AGAIN_MS < due;
    if ((now >= due || went_back) && atomic_compare_exchange_strong(&p->look_at_ms, &due, now + LOOK_AGAIN_MS))
        database_replace(p);
}

static bool country_read(MMDB_lookup_result_s *found, char ret[COUNTRY_CAP]) {
    MMDB_entry_data_s code;
    if (MMDB_get_value(&found->entry, &code, "country", "iso_code", NULL) != MMDB_SUCCESS || !code.has_data ||
        code.type != MMDB_DATA_TYPE_UTF8_STRING ||
        !country_is((struct str){code.utf8_string, code.data_size}))
        return false;
    memcpy(ret, code.utf8_string, 2);
    ret[2] = 0;
    return true;
}

bool place_country(struct place *p, struct str address, char ret[COUNTRY_CAP]) {
    char text[64];
    int wrong = 0, status = MMDB_SUCCESS;
    ret[0] = 0;
    if (!p || !address.n || address.n >= sizeof text)
        return false;
    memcpy(text, address.p, address.n);
    text[address.n] = 0;
    look_again(p);
    pthread_rwlock_rdlock(&p->lock);
    MMDB_lookup_result_s found = MMDB_lookup_string(&p->db, text, &wrong, &status);
    bool known = !wrong && status == MMDB_SUCCESS && found.found_entry && country_read(&found, ret);
    pthread_rwlock_unlock(&p->lock);
    return known;
}

bool country_is(struct str s) {
    return s.n == 2 && s.p[0] >= 'A' && s.p[0] <= 'Z' && s.p[1] >= 'A' && s.p[1] <= 'Z' &&
           !str_eq(s, STR("XX")) && !str_eq(s, STR("ZZ"));
}

bool country_listed(struct str list, struct str country) {
    struct str one;
    if (!country.n)
        return false;
    while (list.n) {
        list = str_cut(list, ' ', &one);
        if (str_eq(one, country))
            return true;
    }
    return false;
}
