/* hook_settings.c - the settings of webhooks, and reading rows. */
#include "service/developer/hook_int.h"

const struct sql hook_sql[] = {HOOK_SQL(SQL_ROW) SQL_END};

#define RETRIES "5,60,300,1800,7200,18000,36000,50400,72000,72000" /* three days in all */
const struct config_key hook_config[] = {
    {"webhook-private", CONFIG_BOOL, "false",
     .doc = "Webhooks may go to private addresses and by plain http: for receivers in one's own network"},
    {"webhook-retries", CONFIG_STR, RETRIES,
     .doc = "Seconds after which a webhook that was not taken is sent again, each from the attempt before, a fifth more or less; then it is given up"},
    {"webhook-off-after", CONFIG_DURATION, "120h", 60000, 90LL * 24 * 3600 * 1000,
     .doc = "An endpoint that failed so long after the first event was given up is turned off; operators get a letter"},
    {.name = NULL}};

bool hook_retries_parse(struct str text, struct hook_retries *ret) {
    ret->n = 0;
    while (text.p) {
        struct str one;
        int64_t s;
        text = str_cut(text, ',', &one);
        if (ret->n == HOOK_RETRIES_MAX || !str_to_i64(str_trim(one), &s) || s < 1 || s > 7 * 24 * 3600)
            return false;
        ret->pause_ms[ret->n++] = s * 1000;
    }
    return ret->n > 0;
}

void hook_retries_get(const struct engine *e, struct hook_retries *ret) {
    if (!hook_retries_parse(str_of(e->config ? config_str(e->config, "webhook-retries") : RETRIES), ret))
        assert(!"checked at start");
}

bool hook_inside(const struct engine *e) { return e->config && config_bool(e->config, "webhook-private"); }

int64_t hook_off_after_ms(const struct engine *e) {
    return e->config ? config_int(e->config, "webhook-off-after") : 120LL * 3600 * 1000;
}

void hook_read(const struct rows *r, size_t i, struct hook *ret) {
    *ret = (struct hook){.id = {row_id(r, i, 0)},
                         .name = row_str(r, i, 1),
                         .url = row_str(r, i, 2),
                         .events = row_str(r, i, 3),
                         .state = row_str(r, i, 4),
                         .off_why = row_str(r, i, 5),
                         .failing_ms = row_i64(r, i, 6),
                         .ok_ms = row_i64(r, i, 7),
                         .failed_ms = row_i64(r, i, 8),
                         .created_ms = row_i64(r, i, 9)};
}

int hook_get(struct store *st, struct hook_id id, struct arena *a, struct hook *ret, struct err *reterr) {
    struct rows r;
    int rc = store_query(st, &hook_sql[HOOK_GET], ARGS(A_ID(id)), a, &r, reterr);
    if (rc == 0)
        return err_refuse(reterr, ERR_NOT_FOUND, "webhook.not_found", "There is no such endpoint, or not any more.", "no such endpoint");
    if (rc > 0)
        hook_read(&r, 0, ret);
    return MIN(rc, 0);
}

void delivery_read(const struct rows *r, size_t i, struct delivery *ret) {
    *ret = (struct delivery){.id = {row_id(r, i, 0)},
                             .hook = {row_id(r, i, 1)},
                             .message = row_str(r, i, 2),
                             .type = row_str(r, i, 3),
                             .state = row_str(r, i, 4),
                             .turn = row_i64(r, i, 5),
                             .attempts = row_i64(r, i, 6),
                             .tries = row_i64(r, i, 7),
                             .next_ms = row_i64(r, i, 8),
                             .created_ms = row_i64(r, i, 9),
                             .ended_ms = row_i64(r, i, 10),
                             .tried = !row_null(r, i, 11),
                             .status = row_i64(r, i, 11),
                             .error = row_str(r, i, 12),
                             .took_ms = row_i64(r, i, 13),
                             .excerpt = row_str(r, i, 14),
                             .tried_ms = row_i64(r, i, 15)};
}

int delivery_get(struct store *st, struct delivery_id id, struct arena *a, struct delivery *ret, struct err *reterr) {
    struct rows r;
    int rc = store_query(st, &hook_sql[DELIVERY_GET], ARGS(A_ID(id)), a, &r, reterr);
    if (rc == 0)
        return err_refuse(reterr, ERR_NOT_FOUND, "webhook.no_delivery", "There is no such delivery; they are kept for 30 days.", "no such delivery");
    if (rc > 0)
        delivery_read(&r, 0, ret);
    return MIN(rc, 0);
}
