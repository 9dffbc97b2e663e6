/* scope.c - the scopes by name, and what a request that carries a key must pass. */
#include "engine/http/http_int.h"

static const struct {
    const char *name, *doc;
} rows[] = {
    [SCOPE_NONE] = {"", ""},
#define X(name, text, doc) [SCOPE_##name] = {text, doc},
    SCOPES(X)
#undef X
};

const char *scope_name(enum scope s) { return rows[s].name; }
const char *scope_doc(enum scope s) { return rows[s].doc; }

bool scope_parse(struct str text, enum scope *ret) {
    for (enum scope s = SCOPE_NONE + 1; s < SCOPES_END; s++)
        if (str_eq(text, str_of(rows[s].name))) {
            *ret = s;
            return true;
        }
    return false;
}

unsigned request_scope_roles(struct request *rq, enum scope s) {
    unsigned roles = 0;
    for (const struct route *const *t = rq->server->o.routes; *t; t++)
        for (const struct route *r = *t; r->path; r++)
            if (r->scope == s)
                roles |= r->role;
    return roles;
}

struct str request_key(struct request *rq) {
    struct str scheme, token = str_cut(request_header(rq, "Authorization"), ' ', &scheme);
    token = token.p ? str_trim(token) : STR_NULL;
    return str_eq_nocase(scheme, STR("Bearer")) && str_starts(token, STR(KEY_PREFIX)) ? token : STR_NULL;
}

int request_check_scope(struct request *rq, struct err *reterr) {
    char hint[200];
    if (!id_is_set(rq->who.key.v))
        return 0;
    if (rq->route->scope == SCOPE_NONE)
        return err_refuse(reterr, ERR_FORBIDDEN, "key.not_here", "No API key is admitted here: this is for people who signed in.",
                          "the route names no scope");
    if (rq->who.scopes & SCOPE_BIT(rq->route->scope))
        return 0;
    snprintf(hint, sizeof hint, "This API key has not the scope %s. Make one that has it.", scope_name(rq->route->scope));
    return err_refuse(reterr, ERR_FORBIDDEN, "key.scope", hint, "the key lacks %s", scope_name(rq->route->scope));
}
