/*
 * sign_up.c - how somebody becomes an account, and what a stranger learns by trying. Where sign-up-by-letter is set:
 * nothing. Whoever has an address gets the same answer and the same work (one hash, one letter), and an account that
 * no letter has proved cannot sign in; else the pair "sign up, then sign in" would tell. Without it (the default,
 * docs/decisions) a newcomer plays at once, a taken address is said to be taken, and who is told so a few times
 * from one network is told nothing more.
 */
#include "service/identity/identity_int.h"
#include "service/identity/argon.h"

const struct config_key identity_config[] = {
    {"sign-up-by-letter", CONFIG_BOOL, "no",
     .doc = "Whoever signs up gets a letter first and signs in after it; nobody learns who has an account"},
    {"staff-second-factor", CONFIG_BOOL, "no",
     .doc = "Editors and operators are viewers until they have shown a second factor (Account, Security)"},
    {"password-min", CONFIG_INT, "8", 8, 64,
     .doc = "Characters that a new password has at least (ASVS wants 12); editors' and operators' have 12 at least whatever this says"},
    {"password-memory", CONFIG_INT, "64", ARGON_MIB_MIN, ARGON_MIB_MAX,
     .doc = "MiB that hashing a password takes (Argon2id, two passes; OWASP's least is 19); hashes with another are remade as people sign in"},
    {"password-refused", CONFIG_PATH, "",
     .doc = "File of passwords that nobody may choose: a word a line, or SHA-1 hashes in order as breach collections are published (HASH:COUNT)"},
    {"session-idle", CONFIG_DURATION, "30d", 60000, 31536000000, .doc = "A viewer who does nothing for so long signs in again"},
    {"session-longest", CONFIG_DURATION, "365d", 60000, 315360000000, .doc = "So long after signing in a viewer signs in again, whatever was done"},
    {"session-staff-idle", CONFIG_DURATION, "30m", 60000, 31536000000, .doc = "As session-idle, of editors and operators"},
    {"session-staff-longest", CONFIG_DURATION, "12h", 60000, 315360000000, .doc = "As session-longest, of editors and operators"},
    {.name = NULL}};

bool sign_up_by_letter(const struct engine *e) {
    return e->config && config_bool(e->config, "sign-up-by-letter");
}

/* To the owner: a stranger, or a forgetful person, tried. At most a few in a quarter of an hour. */
static int owner_tell(const struct engine *e, struct str email, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(16 << 10);
    scoped(tx_rollback) struct tx *tx = NULL;
    struct rows account, profile;
    struct str normal;
    int rc = email_normalise(email, &a, &normal, reterr);
    if (rc == 0 && (rc = attempt_letter(e, normal, reterr)) <= 0)
        return rc;
    if (rc > 0)
        rc = tx_begin(e->store, STORE_MAIN, TX_WRITE, &tx, reterr);
    if (rc == 0)
        rc = tx_row(tx, &identity_sql[ACCOUNT_BY_EMAIL], ARGS(A_STR(normal)), &a, &account, reterr);
    if (rc >= 0)
        rc = tx_query(tx, &identity_sql[PROFILE_BY_ACCOUNT], ARGS(A_CSTR(row_id(&account, 0, 0).s)), &a, &profile, reterr);
    if (rc >= 0)
        rc = letter_enqueue(tx, e, LETTER_SIGN_UP_TRIED,
                            &(struct letter_to){{row_id(&account, 0, 0)}, normal, profile.n ? row_str(&profile, 0, 3) : STR("en")},
                            NULL, NULL, reterr);
    return rc < 0 ? rc : tx_commit(&tx, reterr);
}

int account_sign_up(const struct engine *e, const struct account_new *n, struct str address, struct account_id *ret_id,
                    struct err *reterr) {
    struct err why = {0};
    int rc = attempt_sign_up_check(e, address, reterr);
    if (rc)
        return rc;
    rc = account_create(e, n, ret_id, &why);
    if (rc != ERR_CONFLICT) {
        if (rc && reterr)
            *reterr = why;
        return rc;
    }
    if (!sign_up_by_letter(e)) {
        int counted = attempt_sign_up_taken(e, address, reterr);
        if (counted)
            return counted;
        *reterr = why;
        return rc;
    }
    *ret_id = (struct account_id){0};
    return owner_tell(e, n->email, reterr);
}
