/* oidc_settings.c - the OpenID providers that the operator names. */
#include "base/file.h"
#include "service/identity/oidc.h"

#define PROVIDER_SETTINGS(prefix, which)                                                           \
    {prefix "-issuer", CONFIG_STR, "", .doc = which " OpenID provider to sign in through: its issuer address, https://...; "  \
        "its client needs the redirect address PUBLIC-URL/sign-in/oidc/N; empty: none"},           \
    {prefix "-client-id", CONFIG_STR, "", .doc = "Our client id there"},                           \
    {prefix "-client-secret", CONFIG_STR, "", .doc = "Our secret there; empty, with no file: a public client", .secret = true}, \
    {prefix "-client-secret-file", CONFIG_PATH, "", .doc = "File that holds our secret there, read at each sign-in"}, \
    {prefix "-label", CONFIG_STR, "", .doc = "What people call it, as on the button; the issuer's host if empty"}

const struct config_key oidc_config[] = {
    PROVIDER_SETTINGS("oidc", "First"),
    PROVIDER_SETTINGS("oidc-2", "Second"),
    PROVIDER_SETTINGS("oidc-3", "Third"),
    {.name = NULL},
};

static const char *setting(const struct engine *e, int number, const char *name) {
    static const char *const prefixes[] = {"oidc", "oidc-2", "oidc-3"};
    char key[64];
    snprintf(key, sizeof key, "%s-%s", prefixes[number - 1], name);
    return config_str(e->config, key);
}

int oidc_provider(const struct engine *e, int number, struct oidc_provider *ret, struct err *reterr) {
    if (!e->config || number < 1 || number > OIDC_PROVIDERS || !setting(e, number, "issuer")[0])
        return err_refuse(reterr, ERR_NOT_FOUND, "oidc.unknown_provider", "This way to sign in is not offered here any more.",
                          "no provider %d", number);
    const char *issuer = setting(e, number, "issuer"), *label = setting(e, number, "label");
    const char *host = strstr(issuer, "://");
    *ret = (struct oidc_provider){number, issuer, setting(e, number, "client-id"),
                                  label[0] ? label : host ? host + 3 : issuer};
    return 0;
}

static bool is_on_this_machine(const char *issuer) {
    static const char *const names[] = {"http://localhost", "http://127.0.0.1", "http://[::1]"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        size_t n = strlen(names[i]);
        if (strncmp(issuer, names[i], n) == 0 && (issuer[n] == 0 || issuer[n] == ':' || issuer[n] == '/'))
            return true;
    }
    return false;
}

int oidc_settings_check(const struct engine *e, struct err *reterr) {
    struct oidc_provider p = {0};
    for (int i = 1; e->config && i <= OIDC_PROVIDERS; i++) {
        if (oidc_provider(e, i, &p, NULL))
            continue;
        if (strncmp(p.issuer, "https://", 8) != 0 && !is_on_this_machine(p.issuer))
            return err_refuse(reterr, ERR_INVALID, "config.oidc", "An issuer begins with https:// (http:// only on this machine).",
                              "oidc issuer \"%s\" is not https", p.issuer);
        if (!p.client_id[0])
            return err_refuse(reterr, ERR_INVALID, "config.oidc", "Set the client id that the provider gave you too.",
                              "issuer \"%s\" has no client id", p.issuer);
    }
    return 0;
}

int oidc_secret(const struct engine *e, const struct oidc_provider *p, struct arena *a, struct str *ret, struct err *reterr) {
    const char *file = setting(e, p->number, "client-secret-file");
    *ret = str_of(setting(e, p->number, "client-secret"));
    if (!file[0])
        return 0;
    int rc = file_read(file, 4096, a, ret, reterr);
    *ret = str_dup(a, str_trim(*ret));
    return rc;
}
