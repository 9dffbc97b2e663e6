/*
 * settings.c - the program's own settings. The data directory decides which file is read, so flags
 * and environment are looked at once before it and once after, where they win.
 */
#include "app/settings.h"
#include "app/services.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const struct config_key app_settings[] = {
    {"data", CONFIG_PATH, "",
     .doc = "Where everything is kept; ./data if it exists, else matinee in $XDG_DATA_HOME or "
            "~/.local/share"},
    {"config", CONFIG_PATH, "",
     .doc = "File of settings; matinee.conf in the data directory if it exists"},
    {"store-url", CONFIG_URL, "",
     .doc = "Database: postgresql://USER@HOST:PORT/NAME; empty: SQLite in the data directory. A password goes "
            "into this setting in the file or the environment, or into PGPASSWORD or ~/.pgpass"},
    {"blob-dir", CONFIG_PATH, "",
     .doc = "Folder of films and what is made of them, where several machines share it (the same files at each, a network file "
            "system); empty: media in the data directory"},
    {"store-connections", CONFIG_INT, "16", 1, 1000,
     .doc = "Connections to PostgreSQL that each process may hold"},
    {"store-wait", CONFIG_DURATION, "5s", 100, 600000,
     .doc = "How long a request waits for the database (for its turn, a free connection, a server that is away) "
            "before it is answered with 503 and Retry-After"},
    {"store-statement-timeout", CONFIG_DURATION, "30s", 100, 3600000,
     .doc = "What one statement may take on PostgreSQL"},
    {"roles", CONFIG_STR, "front,api,worker", .doc = "What this machine does: front, api, worker"},
    {"host", CONFIG_STR, "",
     .doc = "Name that people type; empty: localhost over plain HTTP, anything else is served with "
            "TLS"},
    {"public-url", CONFIG_STR, "",
     .doc = "What links in letters begin with; made of host and port if empty"},
    {"http-port", CONFIG_INT, "8080", 1, 65535, .doc = "Port of the front"},
    {"tls-cert", CONFIG_PATH, "",
     .doc = "Certificate chain (PEM) for --host; without one a local authority makes it"},
    {"tls-key", CONFIG_PATH, "", .doc = "Private key (PEM) of --tls-cert"},
    {"cores", CONFIG_INT, "0", 0, 1024, .doc = "Cores that the worker may use; 0: all there are"},
    {"worker-jobs", CONFIG_STR, "all",
     .doc = "What a worker takes: all, or media: only what needs nothing but database and blob-dir (films being encoded, packaged, "
            "checked), for machines that do nothing else"},
    {"nginx", CONFIG_PATH, "", .doc = "The nginx program; found in PATH and /usr/sbin if empty"},
    {"module", CONFIG_PATH, "",
     .doc = "Our nginx module, ngx_http_matinee_module.so; found beside the program if empty"},
    {"web", CONFIG_PATH, "",
     .doc = "Folder of the viewer application; found beside the program if empty"},
    {"console", CONFIG_PATH, "",
     .doc = "Folder of the console, staff's application; found beside the program if empty"},
    {"front-user", CONFIG_STR, "www-data",
     .doc = "Whom nginx's workers run as where root starts Matinee; else they are ours"},
    {"offline-app", CONFIG_BOOL, "true",
     .doc = "Browsers keep the application, so that it opens without a connection; false takes it back from those "
            "that have it"},
    {"trusted-proxies", CONFIG_STR, "",
     .doc = "Addresses and networks of proxies before the front, parted by commas (10.0.0.0/8, 2001:db8::/32): from these, and "
            "no others, X-Forwarded-For says who the client is"},
    {"country-database", CONFIG_PATH, "",
     .doc = "Database of addresses in MaxMind's DB format (GeoLite2-Country.mmdb) that says from which country somebody "
            "watches; replaced in place it is read again within a minute"},
    {"country-header", CONFIG_STR, "",
     .doc = "Header in which a proxy of trusted-proxies says the viewer's country (CF-IPCountry); wins over the database"},
    {"log-level", CONFIG_STR, "info", .doc = "debug, info, warn or error"},
    {.name = NULL},
};

static int path_absolute(const char *path, char **ret, struct err *reterr) {
    char *made = NULL;
    if (path[0] == '/') {
        made = strdup(path);
    } else {
        scoped(mem_free) char *cwd = getcwd(NULL, 0);
        if (!cwd)
            return err_errno(reterr, errno, "the current folder");
        if (asprintf(&made, "%s/%s", cwd, path) < 0)
            made = NULL;
    }
    if (!made)
        return err_set(reterr, ERR_NO_MEMORY, "out of memory");
    for (size_t n = strlen(made); n > 1 && made[n - 1] == '/'; n--)
        made[n - 1] = 0;
    *ret = made;
    return 0;
}

static int data_dir_find(const struct config *c, char **ret, struct err *reterr) {
    const char *set = config_str(c, "data"), *xdg = getenv("XDG_DATA_HOME"), *home = getenv("HOME");
    if (set[0])
        return path_absolute(set, ret, reterr);
    if (access("data/db", F_OK) == 0)
        return path_absolute("data", ret, reterr);
    int n = xdg && xdg[0] == '/' ? asprintf(ret, "%s/matinee", xdg)
            : home && home[0]    ? asprintf(ret, "%s/.local/share/matinee", home)
                                 : -1;
    if (n >= 0)
        return 0;
    *ret = NULL;
    return err_refuse(reterr, ERR_INVALID, "config.data", "Say where to keep data: --data DIR.",
                      "there is no data directory: neither --data, ./data nor $HOME is there");
}

/* What decides which file to read: flags and environment alone. */
static int settings_peek(int argc, char **argv, char **ret_data, char **ret_file, bool *ret_named,
                         struct err *reterr) {
    scoped(mem_free) char **copy = calloc((size_t)argc + 1, sizeof *copy);
    struct config *c = config_new(services_config());
    if (!copy || !c)
        return err_set(reterr, ERR_NO_MEMORY, "out of memory");
    for (int i = 0; i < argc; i++)
        copy[i] = argv[i];
    int r = config_load_env(c, environ, reterr);
    if (r == 0)
        r = config_load_args(c, &argc, copy, reterr);
    if (r == 0)
        r = data_dir_find(c, ret_data, reterr);
    if (r == 0) {
        const char *named = config_str(c, "config");
        *ret_named = named[0] != 0;
        if (named[0])
            r = path_absolute(named, ret_file, reterr);
        else if (asprintf(ret_file, "%s/matinee.conf", *ret_data) < 0)
            r = err_set(reterr, ERR_NO_MEMORY, "out of memory");
    }
    config_free(c);
    return r;
}

int settings_load(int *argc, char **argv, struct config **ret_config, char **ret_data_dir,
                  struct err *reterr) {
    scoped(mem_free) char *data = NULL;
    scoped(mem_free) char *file = NULL;
    bool named = false;
    int r = settings_peek(*argc, argv, &data, &file, &named, reterr);
    if (r < 0)
        return r;
    struct config *c = config_new(services_config());
    if (!c)
        return err_set(reterr, ERR_NO_MEMORY, "out of memory");
    /* That a data directory cannot be is for whoever opens it to say. */
    bool nowhere = !named && access(file, F_OK) < 0 &&
                   (errno == ENOENT || errno == ENOTDIR || errno == EACCES);
    if ((r = nowhere ? 0 : config_load_file(c, file, named, reterr)) < 0 ||
        (r = config_load_env(c, environ, reterr)) < 0 ||
        (r = config_load_args(c, argc, argv, reterr)) < 0) {
        config_free(c);
        return r;
    }
    *ret_config = c;
    *ret_data_dir = take(data);
    return 0;
}
