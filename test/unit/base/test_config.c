#include "base/buf.h"
#include "base/config.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct config_key keys[] = {
    {"http-port", CONFIG_INT, "8080", 1, 65535, "The port."},
    {"cache-size", CONFIG_SIZE, "16M", 0, 0, "The cache."},
    {"grace", CONFIG_DURATION, "5s", 0, 60000, "How long."},
    {"tls", CONFIG_BOOL, "false", 0, 0, "Whether."},
    {"name", CONFIG_STR, "", 0, 0, "Who."},
    {"key", CONFIG_STR, "", 0, 0, "A secret.", .secret = true},
    {"store", CONFIG_URL, "", 0, 0, "An address with a password."},
    {NULL},
};
static const struct config_key *const tables[] = {keys, NULL};

static void config_freep(struct config **c) { config_free(*c); }

Test(config, flags_over_environment_over_file_over_default) {
    scoped(config_freep) struct config *c = config_new(tables);
    struct err e;
    char path[] = "/tmp/matinee-config-XXXXXX";
    int fd = mkstemp(path);
    cr_assert(fd >= 0 && write(fd, "# x\nhttp-port = 1\ngrace=2m\n", 27) == 27);
    cr_assert_eq(config_int(c, "http-port"), 8080);
    cr_assert_lt(config_load_file(c, path, true, &e), 0, "2m is over the bound of one minute");
    cr_assert(strstr(e.msg, "grace") && strstr(e.msg, ":3"), "%s", e.msg);
    cr_assert_eq(config_int(c, "http-port"), 1);
    char *env[] = {"MATINEE_HTTP_PORT=2", "MATINEE_CACHE_SIZE=3k", "OTHER=1", NULL};
    cr_assert_eq(config_load_env(c, env, &e), 0);
    cr_assert_eq(config_int(c, "http-port"), 2);
    cr_assert_eq(config_int(c, "cache-size"), 3072);
    char *argv[] = {"file", "--http-port=3", "--tls", "--name", "x y", "rest", "--", "--grace", NULL};
    int argc = 8;
    cr_assert_eq(config_load_args(c, &argc, argv, &e), 0);
    cr_assert_eq(argc, 3);
    cr_assert_str_eq(argv[0], "file");
    cr_assert_str_eq(argv[2], "--grace");
    cr_assert_eq(config_int(c, "http-port"), 3);
    cr_assert(config_bool(c, "tls"));
    cr_assert_str_eq(config_str(c, "name"), "x y");
    char *no[] = {"--no-tls", NULL};
    argc = 1;
    cr_assert_eq(config_load_args(c, &argc, no, &e), 0);
    cr_assert(!config_bool(c, "tls"));
    unlink(path);
    close(fd);
}

static void refused(const char *arg, const char *words) {
    scoped(config_freep) struct config *c = config_new(tables);
    struct err e = {0};
    char *copy = strdup(arg), *argv[] = {copy, NULL};
    int argc = 1;
    cr_assert_eq(config_load_args(c, &argc, argv, &e), ERR_INVALID, "%s", arg);
    cr_assert(strstr(e.msg, words), "%s says: %s", arg, e.msg);
    free(copy);
}

Test(config, wrong_values_are_named) {
    refused("--http-prt=1", "did you mean --http-port");
    refused("--http-port=0", "http-port");
    refused("--http-port=eighty", "http-port");
    refused("--http-port", "wants a value");
    refused("--tls=maybe", "true or false");
    refused("--no-name", "no option");
    refused("--key=1", "secret");
}

Test(config, a_secret_may_be_a_file) {
    scoped(config_freep) struct config *c = config_new(tables);
    struct err e = {0};
    char path[] = "/tmp/matinee-config-XXXXXX", both[80], plain[80];
    int fd = mkstemp(path);
    cr_assert(fd >= 0 && write(fd, "  hunter2 and more\n", 19) == 19);
    snprintf(both, sizeof both, "MATINEE_KEY_FILE=%s", path);
    snprintf(plain, sizeof plain, "MATINEE_NAME_FILE=%s", path);
    char *env[] = {both, plain, NULL};
    cr_assert_eq(config_load_env(c, env, &e), 0, "%s", e.msg);
    cr_assert_str_eq(config_str(c, "key"), "hunter2 and more");
    cr_assert_str_eq(config_str(c, "name"), "", "what is no secret is said openly");
    char *twice[] = {both, "MATINEE_KEY=1", NULL};
    cr_assert_lt(config_load_env(c, twice, &e), 0);
    cr_assert_not_null(strstr(e.msg, "MATINEE_KEY_FILE"), "%s", e.msg);
    unlink(path);
    cr_assert_lt(config_load_env(c, env, &e), 0);
    cr_assert_not_null(strstr(e.msg, "MATINEE_KEY_FILE"), "%s", e.msg);
    close(fd);
}

Test(config, secrets_are_not_printed) {
    scoped(config_freep) struct config *c = config_new(tables);
    scoped(buf_done) struct buf b = BUF(64 << 10);
    cr_assert_eq(config_set(c, "key", STR("hunter2"), "test", NULL), 0);
    cr_assert_eq(config_set(c, "store", STR("postgresql://me:hunter2@db/films"), "test", NULL), 0);
    void (*const prints[])(const struct config *, struct buf *) = {config_print, config_json};
    for (size_t i = 0; i < ARRAY_LEN(prints); i++) {
        prints[i](c, &b);
        cr_assert_eq(str_find(buf_str(&b), STR("hunter2")), -1);
        cr_assert(str_find(buf_str(&b), STR("(set)")) >= 0);
        cr_assert(str_find(buf_str(&b), STR("db/films")) >= 0);
        buf_reset(&b);
    }
    config_doc(c, &b);
    cr_assert(str_find(buf_str(&b), STR("MATINEE_CACHE_SIZE")) >= 0);
}
