/* What people and browsers type: e-mail addresses, Accept-Language, names, searches and codes off a screen. */
#include "service/catalog/catalog_int.h"
#include "service/identity/identity_int.h"
#include "service/identity/pairing.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const struct str offered[] = {STR("en"), STR("pt-BR"), STR("zh-Hant")};
    scoped(arena_done) struct arena a = ARENA(8 << 20);
    struct str s = str_make((const char *)data, size), email, again;
    int best = catalog_language_best(s, offered, ARRAY_LEN(offered));
    if (best < -1 || best >= (int)ARRAY_LEN(offered))
        abort();
    if (email_normalise(s, &a, &email, NULL) == 0 &&
        (email_normalise(email, &a, &again, NULL) || !str_eq(email, again)))
        abort(); /* normal form is a fixed point: one account */
    struct user_code code, same;
    if (user_code_parse(s, &code) &&
        (!user_code_parse(str_of(user_code_text(&code).s), &same) || strcmp(code.s, same.s) != 0))
        abort(); /* what was read is what would be shown */
    if (size < 100000 && str_is_utf8(s)) {
        struct str folded = text_fold(&a, s);
        if (!folded.p || !str_is_utf8(folded) || !str_eq(text_fold(&a, folded), folded))
            abort();
    }
    return 0;
}
