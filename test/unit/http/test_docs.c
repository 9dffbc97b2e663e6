/* The generated documents: names of functions, OpenAPI, TypeScript, Markdown, all from one table. */
#include "fixture.h"
#include "engine/http/http_int.h"

static int handler(struct request *rq, struct err *reterr) { return reply_empty(rq); }

Test(http_docs, functions_are_named_from_method_and_path) {
    static const struct {
        struct route r;
        const char *op;
    } rows[] = {
        {{POST, "/api/v1/playback", handler}, "playbackCreate"},
        {{POST, "/api/v1/accounts", handler}, "accountCreate"},
        {{GET, "/api/v1/session", handler}, "sessionGet"},
        {{DELETE, "/api/v1/session", handler}, "sessionDelete"},
        {{GET, "/api/v1/titles", handler}, "titleList"},
        {{GET, "/api/v1/titles/{slug}", handler}, "titleGet"},
        {{PATCH, "/api/v1/titles/{id:id}", handler}, "titleUpdate"},
        {{POST, "/api/v1/imports/{id:id}/cancel", handler}, "importCancel"},
        {{GET, "/api/v1/imports/{id:id}/events", handler, .flags = ROUTE_SSE}, "importEventsStream"},
        {{POST, "/api/v1/playbacks/{id}/heartbeat", handler}, "playbackHeartbeat"},
        {{POST, "/api/v1/titles/{id}/versions", handler}, "titleVersionCreate"},
        {{GET, "/api/v1/me/export", handler}, "meExportGet"},
        {{POST, "/api/v1/client-events", handler}, "clientEventCreate"},
        {{GET, "/api/v1/categories/{id}", handler}, "categoryGet"},
        {{GET, "/healthz", handler, .op = "healthGet"}, "healthGet"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        scoped(buf_done) struct buf b = BUF(200);
        op_add(&b, &rows[i].r);
        cr_assert_str_eq(buf_cstr(&b), rows[i].op);
    }
}

static const struct field card[] = {
    {"id", F_ID, FIELD_REQUIRED},
    {"name", F_STR, FIELD_REQUIRED, 1, 200, .doc = "As shown"},
    {"kind", F_STR, FIELD_REQUIRED | FIELD_NULLABLE, .values = "film|series"},
    {"tags", F_STR, FIELD_ARRAY, 0, 5},
    {"owner", F_OBJ, FIELD_NULLABLE, .ref = "Owner"},
    {"extra", F_ANY, FIELD_MAP},
    {NULL, F_END},
};
static const struct field owner[] = {{"since", F_TIME}, {"share", F_NUM, 0, 0, 1}, {NULL, F_END}};
static const struct schema schemas[] = {{"Card", card, "A card"}, {"Owner", owner}, {NULL}};
static const struct schema *const all_schemas[] = {schemas, NULL};
static const struct field find[] = {{"q", F_STR}, {"limit", F_INT, 0, 1, 50}, {NULL, F_END}};
static const struct route routes[] = {
    {GET, "/api/v1/cards/{id:id}", handler, ROLE_VIEWER, .reply = "Card", .query = find,
     .doc = "One card", .priority = PRIO_BROWSE},
    {POST, "/api/v1/cards", handler, ROLE_EDITOR | ROLE_OPERATOR, .body = "Card", .reply = "Card", .scope = SCOPE_CATALOG_WRITE,
     .doc = "A new card"},
    {PUT, "/api/v1/files/{rest:path}", handler, .flags = ROUTE_STREAM_BODY, .doc = "A file"},
    {GET, "/api/v1/cards/{n:int}/events", handler, .flags = ROUTE_SSE, .reply = "Card", .doc = "What happens"},
    {DELETE, "/api/v1/cards/{id:id}", handler, .doc = "Gone"},
    {GET, "/internal/cards/{id:id}", handler, .flags = ROUTE_INTERNAL, .doc = "Not for you"},
    {0},
};
static const struct api_event all_events[] = {{"card.made", "Card", "A card is there"}, {NULL}};
static const struct route *const all_routes[] = {routes, http_routes, NULL};

static json_t *dig(json_t *j, const char *path) {
    struct str rest = str_of(path), key;
    char name[100];
    while (j && rest.p) {
        rest = str_cut(rest, '|', &key);
        snprintf(name, sizeof name, STR_FMT, STR_ARG(key));
        j = json_is_array(j) ? json_array_get(j, strtoul(name, NULL, 10)) : json_object_get(j, name);
    }
    cr_assert(j, "nothing at %s", path);
    return j;
}

static void json_free(json_t **j) { json_decref(*j); }

Test(http_docs, openapi_says_what_the_tables_say) {
    scoped(json_free) json_t *j = openapi_make(all_routes, all_schemas, all_events);
    cr_assert_str_eq(json_string_value(dig(j, "openapi")), "3.1.0");
    json_t *get = dig(j, "paths|/api/v1/cards/{id}|get");
    cr_assert_str_eq(json_string_value(dig(get, "operationId")), "cardGet");
    cr_assert_str_eq(json_string_value(dig(get, "parameters|0|in")), "path");
    cr_assert_eq(json_integer_value(dig(get, "parameters|2|schema|maximum")), 50);
    cr_assert_str_eq(json_string_value(dig(get, "responses|200|content|application/json|schema|$ref")),
                     "#/components/schemas/Card");
    cr_assert(dig(get, "security|0|session"));
    cr_assert_str_eq(json_string_value(dig(get, "x-priority")), "browse");
    cr_assert_eq(json_array_size(dig(j, "paths|/api/v1/cards|post|x-roles")), 2);
    cr_assert(dig(j, "paths|/api/v1/cards|post|responses|201"));
    cr_assert(dig(j, "paths|/api/v1/cards/{id}|delete|responses|204"));
    json_t *card_schema = dig(j, "components|schemas|Card");
    cr_assert_eq(json_array_size(dig(card_schema, "required")), 3);
    cr_assert_eq(json_array_size(dig(card_schema, "properties|kind|enum")), 3);
    cr_assert_eq(json_integer_value(dig(card_schema, "properties|tags|maxItems")), 5);
    cr_assert_str_eq(json_string_value(dig(card_schema, "properties|owner|anyOf|1|type")), "null");
    cr_assert(dig(j, "paths|/api/v1/cards/{n}/events|get|responses|200|content|text/event-stream|"
                     "schema|contentSchema"));
    cr_assert(dig(j, "components|schemas|Problem|properties|code"));
    cr_assert_null(json_object_get(dig(j, "paths"), "/internal/cards/{id}"));
    /* A route without a scope is for people alone. */
    cr_assert_eq(json_array_size(dig(get, "security")), 1);
    cr_assert_str_eq(json_string_value(dig(j, "paths|/api/v1/cards|post|security|1|key|0")), "catalog:write");
    cr_assert(dig(j, "components|securitySchemes|key|x-scopes|catalog:write"));
    json_t *body = dig(j, "webhooks|card.made|post|requestBody|content|application/json|schema");
    cr_assert_str_eq(json_string_value(dig(body, "properties|data|$ref")), "#/components/schemas/Card");
}

Test(http_docs, typescript_has_a_type_a_schema_and_a_function_a_route) {
    static const char *const lines[] = {
        "export interface Card {",
        "  kind: 'film' | 'series' | null;",
        "  tags?: string[];",
        "  owner?: Owner | null;",
        "  extra?: Record<string, unknown>;",
        "export function cardGet(id: string, query?: {",
        "  return send<Card>('GET', withQuery(`/api/v1/cards/${encodeURIComponent(id)}`, query), call);",
        "export function cardCreate(body: Card, call?: Call): Promise<Card> {",
        "  return send<Card>('POST', '/api/v1/cards', call, body);",
        "export function fileReplace(rest: string, body: BodyInit, call?: Call): Promise<void> {",
        "`/api/v1/files/${slashed(rest)}`",
        "/** What happens. The data of each event is the JSON of one {@link Card} */",
        "export function cardEventsStream(n: number, base = ''): EventSource {",
        "export function cardDelete(id: string, call?: Call): Promise<void> {",
    };
    scoped(buf_done) struct buf b = BUF(1 << 20);
    typescript_make(all_routes, all_schemas, &b);
    cr_assert(!b.failed);
    for (size_t i = 0; i < ARRAY_LEN(lines); i++)
        cr_assert(str_find(buf_str(&b), str_of(lines[i])) >= 0, "missing: %s", lines[i]);
    cr_assert(str_find(buf_str(&b), STR("internal")) < 0);
    const char *to = getenv("TYPESCRIPT_OUT");
    FILE *f = to ? fopen(to, "w") : NULL;
    if (f) {
        fwrite(b.p, 1, b.n, f);
        fclose(f);
    }
}

Test(http_docs, the_page_for_people_links_its_shapes) {
    scoped(buf_done) struct buf b = BUF(1 << 20);
    api_doc_make(all_routes, all_schemas, &b);
    cr_assert(!b.failed);
    cr_assert(str_find(buf_str(&b), STR("### POST /api/v1/cards\n\nA new card. For editor or operator, or a key with `catalog:write`.")) >= 0);
    cr_assert(str_find(buf_str(&b), STR("Body: [Card](#Card).")) >= 0);
    cr_assert(str_find(buf_str(&b), STR("| `unsupported_media_type` | 415 |")) >= 0);
    cr_assert(str_find(buf_str(&b), STR("internal/")) < 0);
}
