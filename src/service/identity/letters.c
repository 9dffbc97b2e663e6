/* letters.c - identity's letters: to whom, with which facts, and where their button leads. Their words: service/words_*.c. */
#include "service/identity/identity_int.h"

/* The app's screen behind the button; NULL: no button. */
static const char *const pages[LETTERS_N] = {
    [LETTER_VERIFY] = "verify",           [LETTER_RESET] = "reset-password",   [LETTER_EMAIL] = "confirm-email",
    [LETTER_PASSWORD_CHANGED] = "sign-in", [LETTER_SIGN_UP_TRIED] = "sign-in",  [LETTER_PASSKEY_ADDED] = "account",
    [LETTER_PASSKEY_REMOVED] = "account", [LETTER_PASSKEY_CLONED] = "account", [LETTER_LINK_ADDED] = "account",
    [LETTER_LINK_REMOVED] = "account",    [LETTER_SIGNED_IN] = "account",      [LETTER_PAIRED] = "account",
    [LETTER_FACTOR_ON] = "account",       [LETTER_FACTOR_OFF] = "account",     [LETTER_RECOVERY_USED] = "account",
    [LETTER_CODE_REUSED] = "account",
};

/* Whoever asks for a code says what it is and how it is called: the owner has approved both, and still they are a stranger's. */
static struct str device_text(struct arena *a, const struct language *l, const struct happened *what) {
    if (!what || !what->kind.n)
        return words_agent(a, l, what ? what->agent : STR(""));
    struct str kind = str_of(words_get(l, str_eq(what->kind, STR("tv")) ? WORD_DEVICE_TV : WORD_DEVICE_UNKNOWN));
    struct str name = words_tame(a, what->name);
    return name.n ? words_say(a, l, WORD_DEVICE_NAMED, FACTS({"device", kind}, {"name", name})) : kind;
}

int letter_enqueue(struct tx *tx, const struct engine *e, enum letter which, const struct letter_to *to,
                   const struct happened *what, const struct code *code, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(32 << 10);
    const struct language *l = language_find(to->lang);
    const char *site = e->public_url ? e->public_url : "http://localhost:8080";
    struct letter_post p = {
        .which = which,
        .account = to->account,
        .to = to->email,
        .facts = FACTS({"time", words_time(&a, l, store_now_ms(tx_store(tx)))},
                       {"name", what ? words_tame(&a, what->name) : STR("")},
                       {"device", device_text(&a, l, what)})};
    /* Behind '#': a browser sends it to no server, so no log on the way has it. */
    if (pages[which])
        p.link = code ? str_printf(&a, "%s/%s#code=%s", site, pages[which], code->s) : str_printf(&a, "%s/%s", site, pages[which]);
    if (pages[which] && !p.link.p)
        return err_set(reterr, ERR_LIMIT, "the public address is too long");
    return letter_post(tx, l, &p, reterr);
}

int account_tell(struct tx *tx, const struct engine *e, enum letter which, struct account_id account,
                 const struct happened *what, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(16 << 10);
    struct rows r, profile;
    int rc = tx_row(tx, &identity_sql[ACCOUNT_BY_ID], ARGS(A_ID(account)), &a, &r, reterr);
    if (rc >= 0)
        rc = tx_query(tx, &identity_sql[PROFILE_BY_ACCOUNT], ARGS(A_ID(account)), &a, &profile, reterr);
    if (rc < 0)
        return rc;
    struct letter_to to = {account, row_str(&r, 0, 1), profile.n ? row_str(&profile, 0, 3) : STR("en")};
    return letter_enqueue(tx, e, which, &to, what, NULL, reterr);
}

const struct language *account_language(const struct engine *e, struct account_id account) {
    scoped(arena_done) struct arena a = ARENA(16 << 10);
    struct profile profile;
    bool found = id_is_set(account.v) && account_profile(e, account, &a, &profile, NULL) == 0;
    return language_find(found ? profile.lang : STR("en"));
}
