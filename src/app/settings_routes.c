/* settings_routes.c - what "matinee config" prints, over HTTP. */
#include "app/settings_routes.h"
#include "app/services.h"
#include "base/buf.h"

static json_t *one_json(const struct config_key *k, const json_t *held) {
    const json_t *value = json_object_get(held, "value"), *origin = json_object_get(held, "origin");
    return json_pack("{s:s, s:s, s:s, s:s, s:s}", "name", k->name, "value", json_string_value(value), "origin", json_string_value(origin),
                     "default", k->def, "doc", k->doc);
}

int settings_get(struct request *rq, struct err *reterr) {
    scoped(buf_done) struct buf b = BUF(1 << 20);
    const struct engine *e = request_engine(rq);
    if (!e->config)
        return err_set(reterr, ERR_NOT_FOUND, "no settings");
    config_json(e->config, &b);
    json_t *all = b.failed ? NULL : json_loadb((const char *)b.p, b.n, 0, NULL), *items = json_array();
    for (const struct config_key *const *t = services_config(); all && *t; t++)
        for (const struct config_key *k = *t; k->name; k++)
            json_array_append_new(items, one_json(k, json_object_get(all, k->name)));
    bool whole = all != NULL;
    json_decref(all);
    if (whole)
        return reply_json(rq, 200, json_pack("{s:o}", "items", items));
    json_decref(items);
    return err_set(reterr, ERR_LIMIT, "the settings do not fit");
}

const struct field setting_fields[] = {{"name", F_STR, FIELD_REQUIRED},
                                       {"value", F_STR, FIELD_REQUIRED, 0, 100000, .doc = "(set): a secret"},
                                       {"origin", F_STR, FIELD_REQUIRED, .doc = "default, file, environment, flag"},
                                       {"default", F_STR, FIELD_REQUIRED, 0, 1000},
                                       {"doc", F_STR, FIELD_REQUIRED},
                                       {.type = F_END}};
const struct field setting_list_fields[] = {{"items", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, .ref = "Setting"}, {.type = F_END}};
