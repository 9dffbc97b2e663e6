/* service.c - rights as a service: the setting, the clock, the facts of one title. */
#include "service/rights/rights_int.h"

static const struct config_key rights_config[] = {
    {"rights-default", CONFIG_STR, "open",
     .doc = "Titles of whose rights nothing is said: open (shown everywhere) or closed"},
    {.name = NULL}};

bool rights_closed(const struct engine *e) {
    return e->config && str_eq(str_of(config_str(e->config, "rights-default")), STR("closed"));
}

unsigned rights_platform_of(struct str kind) {
    unsigned p = 0;
    return platforms_parse(kind, &p) && kind.n ? p : 1u << PLATFORM_OTHER;
}

int rights_facts(const struct engine *e, const struct title_brief *brief, struct str country, unsigned platforms,
                 struct arena *a, struct rights_facts *ret, struct err *reterr) {
    struct rights_facts f = {.now_ms = clock_now_ms(e->clock), .country = country, .platforms = platforms, .closed = rights_closed(e)};
    int rc = 0;
    if (!country.n && e->config) /* docs/decisions/0013 */
        f.country = str_of(config_str(e->config, "billing-country"));
    for (size_t i = 0; rc == 0 && i < RIGHTS_LEVELS; i++)
        rc = rights_text_read(brief->rights[i], a, &f.levels[i], reterr);
    if (rc == 0)
        *ret = f;
    return rc;
}

int rights_verdict_of(const struct engine *e, const struct title_brief *brief, struct str country, unsigned platforms,
              struct arena *a, struct rights_verdict *ret, struct err *reterr) {
    struct rights_facts f;
    bool limited = rights_closed(e);
    for (size_t i = 0; i < RIGHTS_LEVELS; i++)
        limited |= brief->rights[i].n != 0;
    *ret = (struct rights_verdict){0};
    if (!limited)
        return 0;
    int rc = rights_facts(e, brief, country, platforms, a, &f, reterr);
    if (rc == 0)
        rights_allow(&f, ret);
    return rc;
}

static int rights_begin(const struct engine *e, struct err *reterr) {
    struct str d = e->config ? str_of(config_str(e->config, "rights-default")) : STR("open");
    if (str_eq(d, STR("open")) || str_eq(d, STR("closed")))
        return 0;
    return err_refuse(reterr, ERR_INVALID, "config.rights_default", "Write rights-default as open or closed.",
                      "rights-default is neither open nor closed");
}

/* The windows of films: nothing here is about a person. */
static int rights_export(const struct engine *e, struct account_id account, json_t **ret, struct err *reterr) {
    *ret = json_object();
    return *ret ? 0 : err_set(reterr, ERR_NO_MEMORY, "no memory for an export");
}
static int rights_erase(const struct engine *e, struct account_id account, struct err *reterr) {
    return 0;
}

static const struct cron_row rights_cron[] = {
    {"rights.tick", 1000, rights_tick, "Opens and closes windows, publishes and takes back what is due"},
    {"rights.prune", 24LL * 3600 * 1000, catalog_scopes_prune, "Forgets sets of countries that no title has any more"},
    {NULL}};

const struct service rights_service = {
    .name = "rights",
    .routes = rights_routes,
    .schemas = rights_schemas,
    .sql = rights_sql,
    .cron = rights_cron,
    .config = rights_config,
    .start = rights_begin,
    .export = rights_export,
    .erase = rights_erase,
};
