/* cmd_media.c - "matinee media OP": enters the sandbox, then does one piece of work on foreign
 * media. */
#include "app/command.h"
#include "engine/child/child.h"
#include "media/ops.h"
#include "media/seal/seal.h"
#include <fcntl.h>
#include <unistd.h>

static_assert((int)OP_FDS_MAX == (int)CHILD_FDS_MAX, "a child takes what an operation may need");

static int say_progress(void *arg, const char *stage, int permille, double speed, int64_t eta_ms) {
    child_progress(stage, permille, speed, eta_ms);
    return 0;
}

static int say_checkpoint(void *arg, json_t *state) {
    child_checkpoint(json_incref(state));
    return 0;
}

static void say_warning(void *arg, const char *text) {
    child_log("%s", text);
}

static int op_run(const char *name, struct err *e) {
    int fds[OP_FDS_MAX];
    size_t n = 0;
    while (n < ARRAY_LEN(fds) && fcntl(CHILD_FD_FIRST + (int)n, F_GETFD) >= 0) {
        fds[n] = CHILD_FD_FIRST + (int)n;
        n++;
    }
    int r = child_enter_sandbox(e);
    const struct media_op *op = media_op_find(name);
    json_t *request = r < 0 ? NULL : child_request(e), *result = NULL;
    if (!request)
        return e->code;
    if (!op) {
        json_decref(request);
        return err_set(e, ERR_INVALID, "there is no media operation \"%s\"", name);
    }
    struct op_io io = {.fds = fds,
                       .n_fds = n,
                       .progress = say_progress,
                       .checkpoint = say_checkpoint,
                       .warn = say_warning};
    json_t *unseal = json_object_get(request, "unseal"); /* the source, always the first, lies sealed */
    r = unseal && n > 0 ? fd_unseal(fds[0], json_string_value(unseal), e) : 0;
    if (r >= 0)
        r = op->run(&io, request, &result, e);
    json_decref(request);
    if (r >= 0)
        child_result(result ? result : json_object());
    return r;
}

/* Ends with _exit: exit handlers of a dozen libraries have nothing to add, and a sanitizer's leak
 * check cannot run without ptrace. */
int cmd_media(struct cli *cli, struct err *reterr) {
    struct err e = {0};
    if (op_run(cli->argv[0], &e) < 0) {
        child_error(&e);
        _exit(1);
    }
    _exit(0);
}
