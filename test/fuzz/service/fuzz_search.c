/* fuzz_search.c - any text as what somebody searches for, and as a name that is judged by it: nothing falls over, nothing loops,
 * every expression is balanced, and quotes in it are ours alone. */
#include "service/search/plan.h"
#include "service/search/rank.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Between quotes: letters, digits, '_'. Outside: operators, blanks, parentheses in pairs. */
static void expression_check(struct str s, enum dialect d) {
    char quote = d == DIALECT_FTS5 ? '"' : '\'';
    int open = 0;
    bool within = false;
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (c == quote) {
            within = !within;
        } else if (within) {
            if ((unsigned char)c < 0x80 && !(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '_')
                abort();
        } else {
            open += (c == '(') - (c == ')');
            if (open < 0 || !memchr("()ANDOR&|:* ", c, 12))
                abort();
        }
    }
    if (within || open)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct arena a = ARENA(4 << 20);
    struct err e = {0};
    struct plan plan;
    struct str all = {(const char *)data, MIN(size, 600u)}, q;
    struct str rest = str_cut(all, '\n', &q);
    if (!size || !str_is_utf8(all))
        return 0;
    if (plan_read(q, &a, &plan, &e) < 0)
        abort();
    for (int d = DIALECT_FTS5; d <= DIALECT_TSQUERY; d++) {
        struct speech to = {(enum dialect)d, SPACE_THINGS};
        for (int part = ALIKE_WHOLE; part <= ALIKE_TAIL; part++) {
            scoped(buf_done) struct buf out = BUF(64 << 10);
            plan_alike(&plan.own, &to, (enum alike_part)part, &out);
            expression_check(buf_str(&out), (enum dialect)d);
        }
        for (int pass = PASS_EXACT; pass <= PASS_NEAR; pass++) {
            scoped(buf_done) struct buf out = BUF(64 << 10), word = BUF(64 << 10);
            if (plan.own.n && plan_match(&plan.own, &to, (enum plan_pass)pass, &out))
                expression_check(buf_str(&out), (enum dialect)d);
            for (size_t i = 0; i < plan.own.n; i++) {
                struct str own[] = {plan.own.word[i].w.text, STR("other")};
                plan_near_take(&plan.own.word[i], own, 2);
                buf_reset(&word);
                near_match(&plan.own.word[i].w, (enum dialect)d, &word);
                expression_check(buf_str(&word), (enum dialect)d);
            }
        }
    }
    struct folded f;
    if (plan.own.n && search_fold(rest, &a, &f, &e) == 0) {
        struct str line = str_printf(&a, "t\t" STR_FMT "\t" STR_FMT "\n", STR_ARG(f.text), STR_ARG(f.latin));
        struct score s = rank_names(&plan, line.p ? line : STR(""));
        if (s.points < 0 || s.points > 1000)
            abort();
        s = rank_names(&plan, all); /* what no index holds */
        if (s.points < 0 || s.points > 1000)
            abort();
    }
    arena_done(&a);
    return 0;
}
