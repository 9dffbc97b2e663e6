/* test_routes.c - every row of every route table, as the program is put together: what a row leaves
 * out has a meaning, and these are the columns where leaving out would be an accident. */
#include "app/services.h"
#include "engine/http/http.h"
#include <criterion/criterion.h>
#include <string.h>

/* Whoever adds a line here lets anybody at all call it. */
static const struct {
    enum http_method method;
    const char *path;
} public[] = {
    {GET, "/api/openapi.json"},
    {GET, "/healthz"},
    {POST, "/api/v1/accounts"},
    {POST, "/api/v1/session"},
    {GET, "/api/v1/session"},
    {DELETE, "/api/v1/session"},
    {POST, "/api/v1/playback"}, /* the decision itself says "sign in" */
    {GET, "/api/v1/plans"}, /* what it costs is no secret */
    {GET, "/api/v1/storefront/theme"}, /* the page of sign-in is the house's, too */
    {GET, "/api/v1/storefront/theme.css"},
    {GET, "/api/v1/storefront/manifest.webmanifest"}, /* a browser fetches it without its cookies */
    {GET, "/api/v1/storefront/icon.svg"},
    {POST, "/api/v1/account/verification"},
    {POST, "/api/v1/account/email/confirm"},
    {POST, "/api/v1/passkeys/sign-in-options"}, /* who has no account yet, or only a key to it */
    {POST, "/api/v1/passkeys/sign-in"},
    {POST, "/api/v1/passkeys/sign-up-options"},
    {POST, "/api/v1/passkeys/sign-up"},
    {GET, "/api/v1/oidc/providers"},
    {POST, "/api/v1/oidc/providers/{provider:int}/authorization"},
    {POST, "/api/v1/oidc/providers/{provider:int}/session"},
    {POST, "/api/v1/session/second-factor"}, /* the half of a sign-in, by a cookie of its own */
    {POST, "/api/v1/password-resets"},
    {POST, "/api/v1/password-resets/confirm"},
    {POST, "/api/v1/device/code"}, /* a television is nobody yet */
    {POST, "/api/v1/device/token"},
    {POST, "/api/v1/webhooks/stripe"}, /* its signature is the authority */
    {POST, "/api/v1/webhooks/apple"},
    {POST, "/api/v1/webhooks/google"}, /* its bearer */
    {POST, "/api/v1/webhooks/roku/{secret}"},
    {POST, "/api/v1/licence/clearkey/{grant}"},
    {OPTIONS, "/api/v1/licence/clearkey/{grant}"},
    {GET, "/api/v1/licence/fairplay-certificate"}, /* of the house, for whoever plays */
    {POST, "/api/v1/licence/widevine/{grant}"},
    {OPTIONS, "/api/v1/licence/widevine/{grant}"},
    {POST, "/api/v1/licence/playready/{grant}"},
    {OPTIONS, "/api/v1/licence/playready/{grant}"},
    {POST, "/api/v1/licence/fairplay/{grant}"},
    {OPTIONS, "/api/v1/licence/fairplay/{grant}"},
    {OPTIONS, "/api/v1/uploads"}, /* which protocols there are */
};

/* Staff's routes that no API key may reach: whoever adds a line here says that only people do this. The rest name a scope. */
static const char *const people_only[] = {
    "/api/v1/operator/accounts/{id:id}/roles", "/api/v1/operator/accounts/{id:id}/second-factor",
    "/api/v1/operator/keys", /* keys make no keys */
    "/api/v1/operator/keys/{id:id}", "/api/v1/operator/scopes",
    "/api/v1/operator/webhook-events", /* an endpoint would hear what the key's scopes keep from it */
    "/api/v1/operator/webhooks", "/api/v1/operator/webhooks/{id:id}", "/api/v1/operator/webhooks/{id:id}/secret",
    "/api/v1/operator/webhooks/{id:id}/ping", "/api/v1/operator/webhooks/{id:id}/replay",
    "/api/v1/operator/webhooks/{id:id}/deliveries", "/api/v1/operator/webhooks/{id:id}/deliveries/{delivery:id}",
    "/api/v1/operator/webhooks/{id:id}/deliveries/{delivery:id}/replay",
};

static void scope_check(const struct route *r, bool met[static ARRAY_LEN(people_only)]) {
    bool staff = r->role & (ROLE_EDITOR | ROLE_OPERATOR), people = false;
    for (size_t i = 0; i < ARRAY_LEN(people_only); i++)
        if (strcmp(people_only[i], r->path) == 0)
            people = met[i] = true;
    if (staff && !(r->flags & ROUTE_INTERNAL))
        cr_expect_neq(people, r->scope != SCOPE_NONE, "%s: staff's routes name a scope (.scope, engine/http/scope.h) or are among people_only", r->path);
    else
        cr_expect_eq(r->scope, SCOPE_NONE, "%s: a scope is for staff's routes", r->path);
}

static bool is_public(const struct route *r) {
    for (size_t i = 0; i < ARRAY_LEN(public); i++)
        if (public[i].method == r->method && strcmp(public[i].path, r->path) == 0)
            return true;
    return false;
}

static void row_check(const struct route *r) {
    bool internal = r->flags & ROUTE_INTERNAL;
    cr_expect(r->doc && strlen(r->doc) >= 8 && !strchr(r->doc, '\n'), "%s: doc", r->path);
    cr_expect_neq(r->priority, PRIO_UNSET, "%s states no priority", r->path);
    cr_expect(r->deadline_ms == 0 || (r->deadline_ms >= 1000 && r->deadline_ms <= 60000),
              "%s: a deadline of %d ms", r->path, r->deadline_ms);
    cr_expect(r->per_minute >= 0 && r->per_minute <= 60000, "%s: %d a minute", r->path,
              r->per_minute);
    cr_expect(internal == !strncmp(r->path, "/internal/", 10) || !strcmp(r->path, "/metrics"),
              "%s: internal by path and by flag", r->path);
    cr_expect(internal || r->role != ROLE_NONE || is_public(r), "%s: anybody may call it", r->path);
    cr_expect(r->role == ROLE_NONE || !is_public(r), "%s: is not public any more", r->path);
    cr_expect(!(r->flags & ROUTE_NO_ORIGIN_CHECK) || r->role == ROLE_NONE,
              "%s: a cookie counts, so must the origin", r->path);
    cr_expect(r->cache_s == 0 || r->role == ROLE_NONE || r->cache_s <= 60,
              "%s: one person's answer is kept for %d s", r->path, r->cache_s);
    cr_expect(r->priority != PRIO_SEGMENT || internal, "%s: only the front asks so urgently",
              r->path);
}

Test(routes, every_route_of_staff_names_a_scope_or_is_for_people_alone) {
    bool met[ARRAY_LEN(people_only)] = {false};
    for (const struct route *const *t = services_routes(); *t; t++)
        for (const struct route *r = *t; r->path; r++)
            scope_check(r, met);
    for (size_t i = 0; i < ARRAY_LEN(people_only); i++)
        cr_expect(met[i], "%s is gone", people_only[i]);
}

Test(routes, every_row_says_what_it_must) {
    size_t n = 0, n_public = 0;
    for (const struct route *const *t = services_routes(); *t; t++)
        for (const struct route *r = *t; r->path; r++, n++) {
            row_check(r);
            n_public += is_public(r);
        }
    cr_expect_gt(n, 20);
    cr_expect_eq(n_public, ARRAY_LEN(public), "a public route of the list is gone");
}
