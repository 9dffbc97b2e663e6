/* Every number that a route of billing takes, from its table: below, beyond, broken, as text, as a fraction. A route
 * or a field that is added is tried with it. Currencies and countries are the handlers' (test/flow/billing.spec.ts). */
/* The inner sides of two rooms meet here, and each calls something else "work". */
#define work http_work
#include "engine/http/http_int.h"
#undef work
#include "shop.h"
#include "service/billing/gateway_routes.h"

static const struct schema *const schemas[] = {billing_schemas, gateway_schemas, NULL};

/* Where the number stands in its body: {"prices": [{"amount_minor": N}]}. */
struct place {
    const struct field *field;
    const struct place *in; /* the object or list of objects that holds it; NULL: the body itself */
};

static json_t *wrap(const struct place *p, json_t *value) {
    for (; p; p = p->in) {
        if (p->field->flags & FIELD_ARRAY)
            value = json_pack("[o]", value);
        value = json_pack("{s:o}", p->field->name, value);
    }
    return value;
}

static bool named(const struct violations *v, const char *field) {
    for (size_t i = 0; i < v->n; i++)
        if (strstr(v->v[i].field, field) && strlen(v->v[i].detail) > 8 && v->v[i].detail[strlen(v->v[i].detail) - 1] == '.')
            return true;
    return false;
}

static void refused(const struct route *r, const struct place *p, json_t *value) {
    scoped(arena_done) struct arena a = ARENA(64 << 10);
    struct violations v = {.arena = &a};
    char text[40];
    snprintf(text, sizeof text, "%.30s", json_is_string(value) ? "text" : "");
    if (json_is_number(value))
        snprintf(text, sizeof text, "%.17g", json_number_value(value));
    json_t *body = wrap(p, value);
    schema_check(schemas, schema_find(schemas, r->body), body, false, &v);
    cr_expect(named(&v, p->field->name), "%s takes %s = %s", r->op, p->field->name, text);
    json_decref(body);
}

static int numbers_try(const struct route *r, const struct schema *s, const struct place *in, int depth) {
    int tried = 0;
    for (const struct field *f = s->fields; f->type != F_END; f++) {
        struct place p = {f, in};
        if (f->type == F_OBJ && depth < 3)
            tried += numbers_try(r, schema_find(schemas, f->ref), &p, depth + 1);
        if (f->type != F_INT)
            continue;
        bool money = strstr(f->name, "minor") != NULL;
        cr_expect(f->min >= 0 && f->max > 0 && f->max <= AMOUNT_MAX, "%s: %s has no bounds", r->op, f->name);
        cr_expect(!money || f->max == AMOUNT_MAX, "%s: %s is an amount with a limit of its own", r->op, f->name);
        const int64_t bad[] = {f->min - 1, -1, INT64_MIN, f->max + 1, INT64_MAX};
        for (size_t i = 0; i < ARRAY_LEN(bad); i++)
            refused(r, &p, json_integer(bad[i]));
        refused(r, &p, json_real(1.5));
        refused(r, &p, json_real(1e300));
        refused(r, &p, json_string("9"));
        refused(r, &p, json_null());
        refused(r, &p, json_true());
        tried++;
    }
    return tried;
}

Test(billing_amounts, numbers_that_cannot_be_are_refused_by_every_route) {
    static const struct route *const tables[] = {billing_routes, gateway_routes};
    int tried = 0;
    for (size_t t = 0; t < ARRAY_LEN(tables); t++)
        for (const struct route *r = tables[t]; r->path; r++)
            if (r->body)
                tried += numbers_try(r, schema_find(schemas, r->body), NULL, 0);
    cr_expect_geq(tried, 25, "%d", tried);
}

/* A number that no integer of ours holds does not become another one. */
Test(billing_amounts, what_overflows_is_no_json_here) {
    json_t *j = NULL;
    FAILS(ERR_INVALID, json_read(STR("{\"amount_minor\": 9223372036854775808}"), &j, err));
    FAILS(ERR_INVALID, json_read(STR("{\"amount_minor\": -9223372036854775809}"), &j, err));
    FAILS(ERR_INVALID, json_read(STR("{\"amount_minor\": 1e999}"), &j, err));
    FAILS(ERR_INVALID, json_read(STR("{\"amount_minor\": NaN}"), &j, err));
}

/* Sums of the largest amounts: refused or exact, never wrapped. */
Test(billing_amounts, the_largest_price_is_still_exact) {
    SCOPED_SHOP(s);
    struct account_id ana = shop_account(&s);
    shop_exec(&s, "UPDATE plan_price SET amount_minor = 1000000000000 WHERE months = 12");
    shop_exec(&s, "UPDATE tax_rate SET rate_bp = 10000, inclusive = 0");
    struct err why = {0};
    cr_expect_str_eq(shop_status(shop_subscribe(&s, ana, PLACE_DE, PRICE_BASIC_YEAR, "test_ok", "TWOEURO", NULL, &why)), "succeeded",
                     "%s", why.msg);
    cr_expect_eq(shop_number(&s, "SELECT total_minor FROM invoice"), 2 * (AMOUNT_MAX - 200));
    clock_shift(&s.w.f.clock, 100 * DAY_MS);
    cr_expect_str_eq(shop_status(shop_change_when(&s, ana, PLACE_DE, PRICE_PREMIUM_MONTH, CHANGE_NOW, NULL, &why)), "succeeded", "%s", why.msg);
    shop_audit(&s);
}
