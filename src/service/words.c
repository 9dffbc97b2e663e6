/* words.c - see words.h. */
#include "service/words.h"
#include "base/clock.h"
#include "engine/mail/mail.h"
#include <inttypes.h>
#include <string.h>

const struct language *const languages[] = {&words_en, &words_de, NULL};

const struct language *language_find(struct str tag) {
    struct str primary;
    str_cut(tag, '-', &primary);
    for (size_t i = 0; languages[i]; i++)
        if (str_eq_nocase(str_of(languages[i]->tag), primary))
            return languages[i];
    return languages[0];
}

const char *words_get(const struct language *l, enum word w) {
    return l->words[w] ? l->words[w] : words_en.words[w];
}

struct str words_fill(struct arena *a, const char *text, const struct fact *facts) {
    scoped(buf_done) struct buf b = BUF(16 << 10);
    for (const char *open; (open = strchr(text, '{')) != NULL;) {
        const char *close = strchr(open, '}');
        if (!close)
            break;
        buf_add(&b, str_make(text, (size_t)(open - text)));
        struct str name = str_make(open + 1, (size_t)(close - open - 1));
        for (const struct fact *f = facts; f && f->name; f++)
            if (str_eq(str_of(f->name), name))
                buf_add(&b, f->text);
        text = close + 1;
    }
    buf_addc(&b, text);
    return b.failed ? STR("") : str_dup(a, buf_str(&b));
}

struct str words_say(struct arena *a, const struct language *l, enum word w,
                     const struct fact *facts) {
    return words_fill(a, words_get(l, w), facts);
}

/* "2027-01-31T14:05:00..." in its parts. */
struct parts {
    char text[RFC3339_LEN + 1];
    struct str year, month, day, clock;
    int64_t month_n, day_n;
};
static void parts_of(int64_t ms, struct parts *p) {
    *p = (struct parts){.month_n = 1, .day_n = 1};
    rfc3339_write(ms, p->text);
    p->year = str_make(p->text, 4);
    p->month = str_make(p->text + 5, 2);
    p->day = str_make(p->text + 8, 2);
    p->clock = str_make(p->text + 11, 5);
    str_to_i64(p->month, &p->month_n);
    str_to_i64(p->day, &p->day_n);
}

struct str words_date(struct arena *a, const struct language *l, int64_t ms) {
    struct parts p;
    parts_of(ms, &p);
    struct str day = str_printf(a, "%" PRId64, p.day_n);
    return words_fill(
        a, l->date,
        FACTS({"day", day}, {"month", str_of(l->months[p.month_n - 1])}, {"year", p.year}));
}

struct str words_date_short(struct arena *a, const struct language *l, int64_t ms) {
    struct parts p;
    parts_of(ms, &p);
    return words_fill(a, l->date_short, FACTS({"d", p.day}, {"m", p.month}, {"year", p.year}));
}

struct str words_time(struct arena *a, const struct language *l, int64_t ms) {
    struct parts p;
    parts_of(ms, &p);
    return words_fill(a, l->time, FACTS({"date", words_date(a, l, ms)}, {"clock", p.clock}));
}

struct str words_amount(struct arena *a, const struct language *l, struct money m) {
    char text[MONEY_TEXT_CAP];
    scoped(buf_done) struct buf b = BUF(2 * MONEY_TEXT_CAP);
    money_write(m, text);
    size_t from = text[0] == '-', whole = from + strspn(text + from, "0123456789");
    for (size_t i = 0; text[i]; i++) {
        if (l->group && i > from && i < whole && (whole - i) % 3 == 0)
            buf_byte(&b, (uint8_t)l->group);
        buf_byte(&b, (uint8_t)(text[i] == '.' ? l->decimal : text[i]));
    }
    return str_dup(a, buf_str(&b));
}

struct str words_rate(struct arena *a, const struct language *l, int64_t bp) {
    return str_printf(a, "%" PRId64 "%c%02" PRId64, bp / 100, l->decimal, bp % 100);
}

/* C0, C1, the line and paragraph separators, what turns the direction of writing, and what has no
 * width. */
static bool is_invisible(uint32_t c) {
    return c < ' ' || (c >= 0x7f && c < 0xa0) || (c >= 0x200b && c <= 0x200f) ||
           (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || c == 0xfeff ||
           c == 0x61c;
}

struct str words_tame(struct arena *a, struct str name) {
    static const char word_joiner[] = "\u2060"; /* parts what would be a link, and is not seen */
    scoped(buf_done) struct buf b = BUF(4 << 10);
    if (!str_is_utf8(name))
        return STR("");
    for (size_t i = 0; i < name.n;) {
        unsigned char first = (unsigned char)name.p[i];
        size_t n = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
        uint32_t c = n == 1 ? first : first & (0xffu >> (n + 1));
        for (size_t k = 1; k < n; k++)
            c = c << 6 | ((unsigned char)name.p[i + k] & 0x3f);
        if (is_invisible(c))
            buf_byte(&b, ' ');
        else
            buf_add(&b, str_slice(name, i, i + n));
        if (c == '.' || c == ':' || c == '/' || c == '@')
            buf_addc(&b, word_joiner);
        i += n;
    }
    return b.failed ? STR("") : str_dup(a, str_trim(buf_str(&b)));
}

struct str words_agent(struct arena *a, const struct language *l, struct str user_agent) {
    /* The first that is found: most name what they are like after what they are. */
    static const char *const browsers[][2] = {
        {"Edg/", "Edge"},        {"EdgA/", "Edge"},
        {"OPR/", "Opera"},       {"SamsungBrowser/", "Samsung Internet"},
        {"Firefox/", "Firefox"}, {"FxiOS/", "Firefox"},
        {"CriOS/", "Chrome"},    {"Chrome/", "Chrome"},
        {"Safari/", "Safari"}};
    static const char *const systems[][2] = {
        {"Tizen", "Samsung TV"}, {"Web0S", "LG TV"},     {"iPhone", "iPhone"},
        {"iPad", "iPad"},        {"Android", "Android"}, {"Windows", "Windows"},
        {"CrOS", "ChromeOS"},    {"Mac OS X", "macOS"},  {"Linux", "Linux"}};
    const char *browser = NULL, *system = NULL;
    for (size_t i = 0; !browser && i < ARRAY_LEN(browsers); i++)
        if (str_find(user_agent, str_of(browsers[i][0])) >= 0)
            browser = browsers[i][1];
    for (size_t i = 0; !system && i < ARRAY_LEN(systems); i++)
        if (str_find(user_agent, str_of(systems[i][0])) >= 0)
            system = systems[i][1];
    if (browser && system)
        return words_say(a, l, WORD_BROWSER_ON,
                         FACTS({"browser", str_of(browser)}, {"system", str_of(system)}));
    return str_of(browser ? browser : system ? system : words_get(l, WORD_DEVICE_UNKNOWN));
}

int letter_post(struct tx *tx, const struct language *l, const struct letter_post *p,
                struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(64 << 10);
    const struct letter_words *w = &l->letters[p->which];
    if (!w->subject) {
        l = &words_en;
        w = &l->letters[p->which];
    }
    struct mail m = {.account = p->account,
                     .to = p->to,
                     .lang = str_of(l->tag),
                     .subject = words_fill(&a, w->subject, p->facts),
                     .lead = words_fill(&a, w->lead, p->facts),
                     .tail = w->tail ? words_fill(&a, w->tail, p->facts) : STR("")};
    if (w->button && p->link.n) {
        m.button = str_of(w->button);
        m.link = p->link;
    }
    return mail_enqueue(tx, &m, reterr);
}
