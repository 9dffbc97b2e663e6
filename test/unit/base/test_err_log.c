#include "base/err.h"
#include "base/log.h"
#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

Test(err, every_code_is_its_own_and_has_a_status) {
#define X(name, value, status, reason) value,
    static const int codes[] = {ERR_TABLE(X)};
#undef X
    for (size_t i = 0; i < ARRAY_LEN(codes); i++) {
        cr_assert_leq(codes[i], -1001);
        cr_assert(err_status(codes[i]) >= 400 && err_status(codes[i]) < 600);
        for (size_t j = 0; j < i; j++) {
            cr_assert_neq(codes[i], codes[j]);
            cr_assert_neq(strcmp(err_name(codes[i]), err_name(codes[j])), 0);
        }
    }
    cr_assert_eq(err_status(-22), 500);
    cr_assert_str_eq(err_name(-22), "UNKNOWN");
}

Test(err, says_what_and_wraps_where) {
    struct err e;
    cr_assert_eq(err_set(&e, ERR_NOT_FOUND, "title %d", 7), ERR_NOT_FOUND);
    cr_assert_eq(err_wrap(&e, "home"), ERR_NOT_FOUND);
    cr_assert_str_eq(e.msg, "home: title 7");
    cr_assert_str_eq(err_reason(&e), "not_found");
    err_refuse(&e, ERR_FORBIDDEN, "playback.not_published", "Not yet.", NULL);
    cr_assert_str_eq(err_reason(&e), "playback.not_published");
    cr_assert_str_eq(e.msg, "Not yet.");
    cr_assert_eq(err_set(NULL, ERR_BUSY, "x"), ERR_BUSY);
}

Test(err, errno_is_translated_with_a_remedy) {
    struct err e;
    cr_assert_eq(err_errno(&e, ENOSPC, "writing %s", "a.bin"), ERR_NO_SPACE);
    cr_assert(strstr(e.msg, "writing a.bin: ") == e.msg);
    cr_assert(strstr(e.hint, "free some space"));
    cr_assert_eq(err_errno(&e, EACCES, "x"), ERR_PERMISSION);
    cr_assert_eq(err_errno(&e, ENOENT, "x"), ERR_NOT_FOUND);
    cr_assert_eq(err_errno(&e, EPROTO, "x"), ERR_IO);
}

Test(log, writes_one_logfmt_line, .init = cr_redirect_stderr) {
    log_init("test", LOG_INFO);
    log_event(LOG_DEBUG, "hidden");
    log_request("R1");
    log_event(LOG_WARN, "film.odd", LS("name", "a b\n\"c\""), LI("n", -3), LB("ok", true), LS("none", NULL));
    log_request(NULL);
    fflush(stderr);
    char line[512] = "";
    FILE *f = cr_get_redirected_stderr();
    size_t got = fread(line, 1, sizeof line - 1, f);
    line[got] = 0;
    cr_assert_null(strstr(line, "hidden"));
    cr_assert(strstr(line, " level=warn process=test event=film.odd request=R1 name=\"a b\\u000a\\\"c\\\"\" n=-3 ok=true none=\"\"\n"), "%s", line);
    cr_assert_eq(strchr(line, '\n') - line, (ptrdiff_t)strlen(line) - 1, "one line");
}
