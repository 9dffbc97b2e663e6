/* delivery.c - tokens, and the service's row. */
#include "service/delivery/delivery_int.h"
#include "base/log.h"
#include <sodium.h>
#include <sys/stat.h>

#define ROTATE_EVERY_MS (30LL * 24 * 3600 * 1000)

int delivery_path(const struct engine *e, struct playback_id playback, struct asset_id asset,
                  struct str view, int64_t expires_ms, struct arena *a, struct str *ret_path,
                  struct err *reterr) {
    struct cat_key key;
    struct cat_claims claims = {.exp_s = expires_ms / 1000, .cti_len = ID_LEN};
    char token[CAT_TOKEN_MAX];
    memcpy(claims.cti, playback.v.s, ID_LEN);
    int n = snprintf(claims.path_prefix, sizeof claims.path_prefix, "/" ID_FMT "/" STR_FMT "/",
                     ID_ARG(asset.v), STR_ARG(view));
    if (n < 0 || (size_t)n >= sizeof claims.path_prefix)
        return err_set(reterr, ERR_LIMIT, "a view's id of %zu bytes is too long", view.n);
    int rc = token_key_current(e, &key, reterr);
    if (rc)
        return rc;
    size_t len = cat_mint(&key, &claims, token, sizeof token);
    sodium_memzero(&key, sizeof key);
    if (!len)
        return err_set(reterr, ERR_INTERNAL, "a path token could not be made");
    *ret_path = str_printf(a, "/m/%s%s", token, claims.path_prefix);
    return ret_path->p ? 0 : err_set(reterr, ERR_LIMIT, "no room for a path");
}

static int rotate_when_due(const struct engine *e, struct err *reterr) {
    char path[4096];
    struct stat st;
    snprintf(path, sizeof path, "%s/" DELIVERY_KEYS_FILE, e->data_dir);
    if (stat(path, &st) < 0 ||
        clock_now_ms(NULL) - (int64_t)st.st_mtim.tv_sec * 1000 < ROTATE_EVERY_MS)
        return 0;
    return delivery_keys_rotate(e, reterr);
}

static const struct cron_row delivery_cron[] = {
    {"delivery.rotate", 3600 * 1000, rotate_when_due, "Gives path tokens a new key every 30 days"},
    {"delivery.revoked", 15 * 60 * 1000, revoked_purge,
     "Forgets revoked playbacks whose tokens have ended"},
    {NULL}};

static int delivery_start(const struct engine *e, struct err *reterr) {
    int rc = token_keys_start(e, reterr);
    return rc < 0 ? rc : revoked_file_write(e, reterr);
}

static void delivery_stop(void) {
    token_keys_stop();
    asset_cache_clear();
    description_cache_clear();
}

/* Tokens are not stored: nothing here is about a person. */
static int delivery_export(const struct engine *e, struct account_id account, json_t **ret,
                           struct err *reterr) {
    *ret = json_object();
    return *ret ? 0 : err_set(reterr, ERR_NO_MEMORY, "no memory for an export");
}
static int delivery_erase(const struct engine *e, struct account_id account, struct err *reterr) {
    return 0;
}

const struct service delivery_service = {
    .name = "delivery",
    .routes = delivery_routes,
    .sql = delivery_sql,
    .cron = delivery_cron,
    .start = delivery_start,
    .stop = delivery_stop,
    .export = delivery_export,
    .erase = delivery_erase,
};
