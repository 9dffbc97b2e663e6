/* cmd_user.c - "matinee user": accounts for the people who run this. A password never stands in a
 * command line, where every user of the machine can read it: it comes from standard input. */
#include "app/node.h"
#include "engine/audit/audit.h"
#include "service/identity/identity.h"
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

static int roles_parse(struct str list, unsigned *ret, struct err *reterr) {
    struct str one;
    *ret = 0;
    while (list.p) {
        list = str_cut(list, ',', &one);
        unsigned bit = str_eq(one, STR("viewer"))     ? ROLE_VIEWER
                       : str_eq(one, STR("editor"))   ? ROLE_EDITOR
                       : str_eq(one, STR("operator")) ? ROLE_OPERATOR
                                                      : 0;
        if (!bit)
            return err_refuse(reterr, ERR_INVALID, "usage",
                              "Roles are viewer, editor and operator, joined by commas.",
                              "\"" STR_FMT "\" is no role", STR_ARG(one));
        *ret |= bit;
    }
    return 0;
}

/* One line of standard input; a terminal does not show it. */
static int password_read(char *dst, size_t cap, struct err *reterr) {
    struct termios old, quiet;
    bool tty = isatty(STDIN_FILENO) && tcgetattr(STDIN_FILENO, &old) == 0;
    if (tty) {
        quiet = old;
        quiet.c_lflag &= ~(tcflag_t)ECHO;
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
        fputs("Password: ", stderr);
    }
    char *got = fgets(dst, (int)cap, stdin);
    if (tty) {
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &old);
        fputc('\n', stderr);
    }
    if (!got)
        return err_refuse(reterr, ERR_INVALID, "usage",
                          "Type it, or pipe it in: printf '%s\\n' \"$PASSWORD\" | matinee user ...",
                          "no password on standard input");
    dst[strcspn(dst, "\r\n")] = 0;
    return 0;
}

static int user_create(const struct engine *e, const struct cli *cli, struct str email,
                       struct err *reterr) {
    char password[1024];
    struct account_id id;
    struct account_new n = {
        .email = email, .name = str_of(cli_get(cli, "name")), .lang = str_of(cli_get(cli, "lang"))};
    const char *roles = cli_get(cli, "role");
    int r = roles_parse(str_of(roles ? roles : "editor"), &n.roles, reterr);
    if (r < 0 || (r = password_read(password, sizeof password, reterr)) < 0)
        return r;
    n.password = str_of(password);
    STORE_RETRY(r, reterr, account_create(e, &n, &id, reterr));
    explicit_bzero(password, sizeof password);
    if (r >= 0)
        printf(STR_FMT " %s\n", STR_ARG(email), id.v.s);
    return r;
}

static int user_change(const struct engine *e, const struct cli *cli, const char *verb,
                       struct str email, struct err *reterr) {
    char password[1024];
    struct arena a = ARENA(64 << 10);
    struct account who;
    int r = account_by_email(e, email, &a, &who, reterr);
    if (r == ERR_NOT_FOUND)
        err_refuse(reterr, r, "user.absent",
                   "Check the spelling, or make it: matinee user create E-MAIL.",
                   STR_FMT ": there is no such account", STR_ARG(email));
    if (r >= 0)
        audit_who(who.id);
    if (r >= 0 && strcmp(verb, "role") == 0) {
        unsigned roles;
        if (!cli_has(cli, "role"))
            r = usage_error(cli, reterr, "--role says which");
        else if ((r = roles_parse(str_of(cli_get(cli, "role")), &roles, reterr)) >= 0)
            STORE_RETRY(r, reterr, account_set_roles(e, who.id, roles, reterr));
    } else if (r >= 0 && strcmp(verb, "totp-reset") == 0) {
        STORE_RETRY(r, reterr, factor_remove(e, who.id, STR(""), reterr));
    } else if (r >= 0) {
        r = password_read(password, sizeof password, reterr);
        if (r >= 0)
            STORE_RETRY(r, reterr, account_set_password(e, who.id, str_of(password), reterr));
        explicit_bzero(password, sizeof password);
    }
    arena_done(&a);
    return r;
}

int cmd_user(struct cli *cli, struct err *reterr) {
    const char *verb = cli->argv[0];
    struct str email = str_of(cli->argv[1]);
    struct node n;
    if (strcmp(verb, "create") != 0 && strcmp(verb, "role") != 0 && strcmp(verb, "password") != 0 &&
        strcmp(verb, "totp-reset") != 0)
        return usage_error(cli, reterr, "\"%s\" is none of create, role, password, totp-reset", verb);
    int r = node_open(cli, NODE_CREATE | NODE_START, &n, reterr);
    if (r < 0)
        return r;
    /* Roles that come by a command are staff's doing like any other. Whose they are user_create and user_change say. */
    const char *roles = cli_get(cli, "role");
    char action[40];
    snprintf(action, sizeof action, "command user %s", verb);
    struct audit_entry audit = {.role = STR("command"), .action = str_of(action), .target = str_of(roles ? roles : "")};
    audit_open(&audit, n.engine.store);
    r = strcmp(verb, "create") == 0 ? user_create(&n.engine, cli, email, reterr)
                                    : user_change(&n.engine, cli, verb, email, reterr);
    int closed = audit_close(&audit, r >= 0, r >= 0 ? reterr : NULL);
    if (r >= 0)
        r = closed;
    node_close(&n);
    return r < 0 ? r : 0;
}
