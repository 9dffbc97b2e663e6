/* gateway.c - the list of gateways. */
#include "service/billing/billing_int.h"

enum { GATEWAYS_MAX = 8 };
static const struct gateway *added[GATEWAYS_MAX];

void gateway_add(const struct gateway *g) {
    for (size_t i = 0; i < GATEWAYS_MAX; i++)
        if (!added[i] || added[i] == g) {
            added[i] = g;
            return;
        }
    assert(!"room for gateways");
}

const struct gateway *gateway_default(const struct engine *e) {
    for (size_t i = 0; i < GATEWAYS_MAX && added[i]; i++)
        if (!added[i]->owned_by_store)
            return added[i];
    return billing_test_gateway(e) ? &test_gateway : NULL;
}

int gateway_find(const struct engine *e, struct str name, const struct gateway **ret,
                 struct err *reterr) {
    if (str_eq(name, str_of(test_gateway.name)) && billing_test_gateway(e)) {
        *ret = &test_gateway;
        return 0;
    }
    if (str_eq(name, str_of(test_store.name)) && billing_test_gateway(e)) {
        *ret = &test_store;
        return 0;
    }
    for (size_t i = 0; i < GATEWAYS_MAX && added[i]; i++)
        if (str_eq(name, str_of(added[i]->name))) {
            *ret = added[i];
            return 0;
        }
    return err_refuse(reterr, ERR_INVALID, "billing.gateway_unknown",
                      "This way to pay is not offered here. Load the page again.",
                      "no gateway '" STR_FMT "' is in force", STR_ARG(name));
}
