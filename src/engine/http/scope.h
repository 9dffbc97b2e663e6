/* scope.h - what a machine's key may be let into: one row a scope, by area, what only reads apart from what changes. A route
 * names the one it needs (route.scope); a route that names none admits no key at all. */
#pragma once
#include "base/str.h"

/* name in C, name in the API, what it opens */
#define SCOPES(X)                                                                                  \
    X(CATALOG_READ, "catalog:read", "Titles in every state, people, genres, collections, search and what is not found")           \
    X(CATALOG_WRITE, "catalog:write", "Describe, publish and take back titles; artwork, markers, bulk files")                     \
    X(INGEST_READ, "ingest:read", "Uploads, imports, their jobs and quality reports")                                             \
    X(INGEST_WRITE, "ingest:write", "Upload films and import them; cancel, retry, order")                                         \
    X(RIGHTS_READ, "rights:read", "Windows of rights, the calendar, warnings")                                                    \
    X(RIGHTS_WRITE, "rights:write", "Set rights and schedules of titles")                                                         \
    X(STOREFRONT_READ, "storefront:read", "How the storefront is arranged, and previews of it")                                   \
    X(STOREFRONT_WRITE, "storefront:write", "Arrange rows, set the look")                                                         \
    X(PLANS_READ, "plans:read", "Plans, offers, coupons, taxes, products of app stores")                                          \
    X(PLANS_WRITE, "plans:write", "Set plans, prices, offers, coupons, taxes, products of app stores")                            \
    X(ACCOUNTS_READ, "accounts:read", "Find customers; see their profiles, devices and streams")                                  \
    X(ACCOUNTS_WRITE, "accounts:write", "Sign customers out and end their streams")                                               \
    X(MONEY_READ, "money:read", "Customers' invoices, payments and credit; gift codes, disputes, the ledger")                     \
    X(MONEY_WRITE, "money:write", "Give money back, give credit, make gift codes")                                                \
    X(AUDIT_READ, "audit:read", "The record of what staff and keys did, and the settings in force")

enum scope {
    SCOPE_NONE,
#define X(name, text, doc) SCOPE_##name,
    SCOPES(X)
#undef X
    SCOPES_END
};
#define SCOPE_BIT(s) (UINT64_C(1) << (s))
_Static_assert(SCOPES_END <= 64, "a principal holds its scopes as bits");

const char *scope_name(enum scope s); /* "catalog:read" */
const char *scope_doc(enum scope s);
bool scope_parse(struct str text, enum scope *ret);
