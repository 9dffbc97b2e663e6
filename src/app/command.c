/* command.c - from argv to a row of the command table. */
#include "app/command.h"
#include "app/import_files.h"
#include "app/roles.h"
#include "app/services.h"
#include "app/settings.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/log.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct cli_option config_options[] = {
    {"doc", NULL, "The reference of all settings, as Markdown"},
    {"json", NULL, "An object a setting: value and origin"},
    {.name = NULL}};
static const struct cli_option json_options[] = {
    {"json", NULL, "A JSON object a line, for machines"}, {.name = NULL}};

static const struct cli_option serve_options[] = {
    {"check", NULL, "Only says whether it could start: ports, files, data directory"},
    {.name = NULL}};
static const struct cli_option probe_options[] = {{"json", NULL, "The whole result as JSON"},
                                                  {.name = NULL}};
static const struct cli_option gc_options[] = {{"dry-run", NULL, "Only says what would go"},
                                               {"json", NULL, "A list of objects {what, name}"},
                                               {.name = NULL}};
static const struct cli_option keys_options[] = {
    {"to", "CERTIFICATE", "export: sealed for who has the private key of this X.509 certificate (PEM or DER, RSA)"},
    {"clear", NULL, "export: content keys in clear, for who knows why"},
    {"json", NULL, "rotate: an object {settled_after_s, old_until_s}"},
    {.name = NULL}};
static const struct cli_option migrate_options[] = {
    {"to", "URL|@FILE", "postgresql://USER@HOST/NAME, or a file whose first line it is (with a password)"},
    {.name = NULL}};
static const struct cli_option demo_options[] = {
    {"shop", NULL, "And three plans that it needs; serve it with --billing-test-gateway"},
    {.name = NULL}};
static const struct cli_option user_options[] = {
    {"role", "ROLES", "viewer, editor, operator, joined by commas; editor if left out"},
    {"name", "TEXT", "Of the profile"},
    {"lang", "LANG", "Of the profile"},
    {.name = NULL},
};
static const struct cli_option package_options[] = {
    {"out", "DIR", "Where the tree goes; must not exist, or be empty"},
    {"clear", NULL, "Without encryption"},
    {"key", "[CLASS:]KID:KEY",
     "32 hex digits each, for all tracks or a class (audio, sd, hd, uhd); @FILE reads such lines, "
     "and nobody sees them in ps; random if left out"},
    {"scheme", "cbcs|cenc", "Encryption; cbcs if left out"},
    {"lang", "LANG", "Language of sound that says none"},
    {"subtitle", "LANG:FILE", "Subtitles from a file; several times for several"},
    {"audio", "LANG:FILE", "Another soundtrack from a file; several times for several"},
    {"policy", "NAME=VALUE",
     "Of the encoding: preset, crf, codecs=hevc,av1, ladder, max_height, max_rungs, max_fps, surround; of the sound: loudness "
     "(LUFS, or none), true_peak, opus, eac3, roles=main,commentary"},
    {.name = NULL},
};

const struct command commands[] = {
    {"serve", "", "Runs Matinee: front, application and worker, until Ctrl-C", cmd_serve,
     serve_options, 0, 0, COMMAND_LOGS},
    {"import", "FILE|DIR...", "Brings films in: encodes, packages, protects and publishes them",
     cmd_import, import_options_table, 1, -1},
    {"imports", "[show ID | cancel ID]", "Lists the films on their way in, newest first, shows what one took, or stops one",
     cmd_imports, json_options, 0, 2},
    {"package", "FILE --out DIR",
     "Encodes and packages a film into a tree for any static web server", cmd_package,
     package_options, 1, 1},
    {"probe", "FILE...", "Says what a file holds", cmd_probe, probe_options, 1, -1},
    {"user", "create|role|password|totp-reset E-MAIL", "Accounts; passwords are read from standard input",
     cmd_user, user_options, 2, 2},
    {"demo", "", "Fills a catalogue for a first look; does nothing the second time", cmd_demo, demo_options},
    {"migrate", "--to URL", "Moves everything from SQLite to PostgreSQL; goes on where it was interrupted",
     cmd_migrate, migrate_options},
    {"gc", "", "Removes work folders, sources and objects that belong to nobody", cmd_gc,
     gc_options},
    {"keys", "rotate|export TITLE", "A new key for playback addresses; or a film's content keys, as a CPIX document", cmd_keys,
     keys_options, 1, 2},
    {"search-index", "", "Makes the index of the search anew, while it is being used", cmd_search_index},
    {"openapi", "", "Prints the API's description (OpenAPI 3.1)", cmd_openapi},
    {"audit", "verify", "Walks the record of what staff did, and says whether a row is missing or was changed", cmd_audit,
     NULL, 1, 1},
    {"routes", "", "Prints every route with its roles, limits and shapes, as JSON", cmd_routes},
    {"api-client", "", "Prints the TypeScript client of the API", cmd_api_client},
    {"api-doc", "", "Prints the API page (Markdown)", cmd_api_doc},
    {"config", "", "Prints every setting in force and where it comes from", cmd_config,
     config_options},
    {"help", "[COMMAND]", "This list, or one command's options", cmd_help, NULL, 0, 1},
    {"version", "", "Prints the version", cmd_version},
    {"app", "", "The application's process; started by serve", cmd_app, NULL, 0, 0,
     COMMAND_HIDDEN | COMMAND_LOGS},
    {"worker", "", "The worker's process; started by serve", cmd_worker, NULL, 0, 0,
     COMMAND_HIDDEN | COMMAND_LOGS},
    {"media", "OP",
     "One piece of work on foreign media, in a sandbox; started by the program itself", cmd_media,
     NULL, 1, 1, COMMAND_HIDDEN | COMMAND_RAW},
    {.name = NULL},
};

const char *cli_get(const struct cli *cli, const char *name) {
    for (size_t i = cli->n_given; i-- > 0;)
        if (strcmp(cli->given[i].name, name) == 0)
            return cli->given[i].value;
    return NULL;
}

bool cli_has(const struct cli *cli, const char *name) {
    return cli_get(cli, name) != NULL;
}

int usage_error(const struct cli *cli, struct err *reterr, const char *fmt, ...) {
    char text[300];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    char hint[200];
    snprintf(hint, sizeof hint, "usage: matinee %s%s%s (see: matinee help %s)", cli->command->name,
             cli->command->args[0] ? " " : "", cli->command->args, cli->command->name);
    return err_refuse(reterr, ERR_INVALID, "usage", hint, "%s", text);
}

void error_print(const struct err *e) {
    fprintf(stderr, "matinee: %s\n", e->msg[0] ? e->msg : e->hint);
    if (e->hint[0] && e->msg[0] && strcmp(e->hint, e->msg) != 0)
        fprintf(stderr, "  %s\n", e->hint);
}

static const struct command *command_find(const char *name) {
    for (const struct command *c = commands; c->name; c++)
        if (strcmp(c->name, name) == 0)
            return c;
    return NULL;
}

/* Edit distance; names are short. */
static size_t distance(const char *a, const char *b) {
    size_t row[40], n = strlen(a), m = strlen(b);
    if (n >= ARRAY_LEN(row) || m >= ARRAY_LEN(row))
        return SIZE_MAX;
    for (size_t j = 0; j <= m; j++)
        row[j] = j;
    for (size_t i = 1; i <= n; i++) {
        size_t diag = row[0];
        row[0] = i;
        for (size_t j = 1; j <= m; j++) {
            size_t up = row[j], cost = a[i - 1] != b[j - 1];
            row[j] = MIN(MIN(row[j] + 1, row[j - 1] + 1), diag + cost);
            diag = up;
        }
    }
    return row[m];
}

static int command_unknown(const char *name) {
    if (name[0] == '-') {
        fprintf(stderr, "matinee: the command comes first: matinee COMMAND %s\n  see: matinee help\n",
                name);
        return EXIT_USAGE;
    }
    const struct command *best = NULL;
    size_t least = 4;
    for (const struct command *c = commands; c->name; c++) {
        size_t d = c->flags & COMMAND_HIDDEN ? SIZE_MAX : distance(name, c->name);
        if (d < least) {
            least = d;
            best = c;
        }
    }
    fprintf(stderr, "matinee: there is no command \"%s\"%s%s%s\n  see: matinee help\n", name,
            best ? "; did you mean \"" : "", best ? best->name : "", best ? "\"?" : "");
    return EXIT_USAGE;
}

int cmd_version(struct cli *cli, struct err *reterr) {
    puts("matinee " MATINEE_VERSION);
    return 0;
}

static void settings_help(void) {
    puts("\nsettings, also as MATINEE_NAME in the environment or in matinee.conf:");
    for (const struct config_key *k = app_settings; k->name; k++) {
        char left[64];
        snprintf(left, sizeof left, "--%s%s%s", k->name, k->def[0] ? "=" : "", k->def);
        printf("  %-26s %s\n", left, k->doc);
    }
    puts("\nmatinee config lists those of the services too, with the values in force.");
}

int cmd_help(struct cli *cli, struct err *reterr) {
    const struct command *one = cli->argc ? command_find(cli->argv[0]) : NULL;
    if (cli->argc && !one)
        return command_unknown(cli->argv[0]);
    if (!one) {
        puts("matinee: from a film to a paying viewer's screen\n\nusage: matinee COMMAND "
             "[ARGUMENTS] "
             "[--SETTING=VALUE...]\n");
        for (const struct command *c = commands; c->name; c++)
            if (!(c->flags & COMMAND_HIDDEN))
                printf("  %-11s %s\n", c->name, c->doc);
        puts("\nmatinee help COMMAND prints its options, matinee config all settings.\n\n"
             "exit code: 0 all was done; 1 something was not, and it was said why; 2 wrong use;\n"
             "130 interrupted, to be gone on with by the same command");
        return 0;
    }
    printf("usage: matinee %s%s%s\n\n%s.\n", one->name, one->args[0] ? " " : "", one->args,
           one->doc);
    for (const struct cli_option *o = one->options; o && o->name; o++) {
        char left[64];
        snprintf(left, sizeof left, "--%s%s%s", o->name, o->arg ? " " : "", o->arg ? o->arg : "");
        printf("%s  %-26s %s\n", o == one->options ? "\n" : "", left, o->doc);
    }
    if (strcmp(one->name, "serve") == 0)
        settings_help();
    else if (!(one->flags & COMMAND_RAW))
        puts("\nAlso takes every setting, --data DIR above all; matinee config lists them.");
    return 0;
}

int cmd_config(struct cli *cli, struct err *reterr) {
    scoped(buf_done) struct buf b = BUF(1 << 20);
    if (cli_has(cli, "json"))
        config_json(cli->config, &b);
    else if (cli_has(cli, "doc"))
        config_doc(cli->config, &b);
    else
        config_print(cli->config, &b);
    fwrite(b.p, 1, b.n, stdout);
    return 0;
}

/* Takes the command's own options out of argv; what it does not know is left for the settings. */
static int options_take(struct cli *cli, struct err *reterr) {
    int kept = 0;
    cli->given = calloc((size_t)cli->argc + 1, sizeof *cli->given);
    if (!cli->given)
        return err_set(reterr, ERR_NO_MEMORY, "out of memory");
    for (int i = 0; i < cli->argc; i++) {
        const char *a = cli->argv[i], *eq = strchr(a, '=');
        const struct cli_option *o = cli->command->options;
        size_t n = eq ? (size_t)(eq - a) : strlen(a);
        if (strcmp(a, "--") == 0) {
            while (i < cli->argc)
                cli->argv[kept++] = cli->argv[i++];
            break;
        }
        for (; o && o->name; o++)
            if (strncmp(a, "--", 2) == 0 && strlen(o->name) == n - 2 &&
                strncmp(a + 2, o->name, n - 2) == 0)
                break;
        if (!o || !o->name) {
            cli->argv[kept++] = cli->argv[i];
            continue;
        }
        const char *value = "";
        if (!o->arg && eq)
            return usage_error(cli, reterr, "--%s takes no value", o->name);
        if (o->arg && !eq && i + 1 >= cli->argc)
            return usage_error(cli, reterr, "--%s wants a value: --%s %s", o->name, o->name,
                               o->arg);
        if (o->arg)
            value = eq ? eq + 1 : cli->argv[++i];
        cli->given[cli->n_given++] = (struct cli_given){o->name, value};
    }
    cli->argv[kept] = NULL;
    cli->argc = kept;
    return 0;
}

struct nearest {
    size_t least;
    const char *name;
};

static void nearest_try(struct nearest *n, const char *given, const char *name) {
    size_t d = distance(given, name);
    if (d < n->least)
        *n = (struct nearest){d, name};
}

/* What is neither the command's option nor a setting, told with the nearest of both. */
static int options_check(struct cli *cli, struct err *reterr) {
    for (int i = 0; i < cli->argc && strcmp(cli->argv[i], "--") != 0; i++) {
        const char *a = cli->argv[i], *eq = strchr(a, '=');
        char name[64];
        struct nearest near = {4, NULL};
        bool known = strncmp(a, "--", 2) != 0;
        snprintf(name, sizeof name, "%.*s", eq ? (int)(eq - a) - 2 : 60, known ? "" : a + 2);
        const char *positive = strncmp(name, "no-", 3) == 0 ? name + 3 : name;
        for (const struct config_key *const *t = services_config(); *t; t++)
            for (const struct config_key *k = *t; k->name; k++) {
                known = known || strcmp(k->name, name) == 0 || strcmp(k->name, positive) == 0;
                nearest_try(&near, name, k->name);
            }
        for (const struct cli_option *o = cli->command->options; o && o->name; o++)
            nearest_try(&near, name, o->name);
        if (!known)
            return usage_error(cli, reterr, "there is no option --%s%s%s%s", name,
                               near.name ? "; did you mean --" : "", near.name ? near.name : "",
                               near.name ? "?" : "");
    }
    return 0;
}

static int cli_prepare(struct cli *cli, struct err *reterr) {
    int r = options_take(cli, reterr);
    if (r == 0)
        r = options_check(cli, reterr);
    if (r == 0 && !(cli->settings = calloc((size_t)cli->argc + 1, sizeof *cli->settings)))
        r = err_set(reterr, ERR_NO_MEMORY, "out of memory");
    if (r == 0) {
        memcpy(cli->settings, cli->argv, (size_t)cli->argc * sizeof *cli->settings);
        cli->n_settings = cli->argc;
        r = settings_load(&cli->argc, cli->argv, &cli->config, &cli->data_dir, reterr);
    }
    if (r < 0) {
        if (!reterr->hint[0])
            snprintf(reterr->hint, sizeof reterr->hint, "see: matinee help %s", cli->command->name);
        return r;
    }
    enum log_level level = LOG_INFO;
    if (!log_level_parse(str_of(config_str(cli->config, "log-level")), &level))
        return err_set(reterr, ERR_INVALID, "log-level must be debug, info, warn or error");
    /* A command talks to a person by itself; the processes of serve talk by their log. */
    if (!(cli->command->flags & COMMAND_LOGS) && level == LOG_INFO)
        level = LOG_ERROR + 1;
    log_init(cli->command->name, level);
    return 0;
}

int command_main(int argc, char **argv) {
    const char *name = argc > 1 ? argv[1] : "help";
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)
        name = "help";
    if (strcmp(name, "--version") == 0)
        name = "version";
    const struct command *c = command_find(name);
    if (!c)
        return command_unknown(name);
    struct cli cli = {.command = c, .argc = MAX(argc - 2, 0), .argv = argv + MIN(argc, 2)};
    char *help_args[] = {(char *)c->name, NULL};
    if (cli.argc == 1 && strcmp(cli.argv[0], "--help") == 0) {
        cli.argv = help_args;
        c = cli.command = command_find("help");
    }
    struct err e = {0};
    int r = c->flags & COMMAND_RAW ? 0 : cli_prepare(&cli, &e);
    bool bad_use = r < 0;
    if (r == 0 && (cli.argc < c->min_args || (c->max_args >= 0 && cli.argc > c->max_args)))
        r = cli.argc < c->min_args
                ? usage_error(&cli, &e, "%s: %s is missing", c->name, c->args)
                : usage_error(&cli, &e, "%s: \"%s\" is too much", c->name,
                              cli.argv[c->max_args]);
    if (r == 0)
        r = c->run(&cli, &e);
    if (r < 0) {
        error_print(&e);
        r = bad_use || strcmp(e.reason, "usage") == 0   ? EXIT_USAGE
            : strcmp(e.reason, "interrupted") == 0 ? EXIT_INTERRUPTED
                                                   : 1;
    }
    config_free(cli.config);
    free(cli.data_dir);
    free(cli.given);
    free(cli.settings);
    return r;
}
