/*
 * fold.c - ICU does what it has tables for: compatibility forms taken apart (NFKD), case folded (Unicode 3.13), Han made
 * simplified, other scripts put into Latin letters. What people take for the same letter beyond that is the table below.
 */
#include "service/search/fold.h"
#include "base/buf.h"
#include <pthread.h>
#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/ustring.h>
#include <unicode/utrans.h>

enum { UNITS = 2048 };

/* After NFKD and case folding, sorted. "" drops the letter. */
static const struct {
    uint32_t from;
    const char *to;
} letters[] = {
    {0x00E6, "ae"}, {0x00F0, "d"},  {0x00F8, "o"},  {0x00FE, "th"}, {0x0111, "d"},  {0x0127, "h"},  {0x0131, "i"},
    {0x0138, "k"},  {0x0142, "l"},  {0x014B, "n"},  {0x0153, "oe"}, {0x0167, "t"},  {0x0180, "b"},  {0x0188, "c"},
    {0x0192, "f"},  {0x0199, "k"},  {0x01A5, "p"},  {0x01AD, "t"},  {0x01B6, "z"},  {0x01DD, "e"},  {0x0253, "b"},
    {0x0254, "o"},  {0x0257, "d"},  {0x0259, "e"},  {0x025B, "e"},  {0x0268, "i"},  {0x0272, "n"},  {0x0289, "u"},
    {0x0491, "г"},  {0x05DA, "כ"},  {0x05DD, "מ"},  {0x05DF, "נ"},  {0x05E3, "פ"},  {0x05E5, "צ"},  {0x0621, ""},
    {0x0629, "ه"},  {0x0640, ""},   {0x0649, "ي"},  {0x0671, "ا"},  {0x06A9, "ك"},  {0x06C1, "ه"},  {0x06CC, "ي"},
    {0x06D5, "ه"},  {0x0901, "ं"},
};

static const char *letter_like(uint32_t c) {
    size_t from = 0, to = ARRAY_LEN(letters);
    while (from < to) {
        size_t mid = (from + to) / 2;
        if (letters[mid].from == c)
            return letters[mid].to;
        if (letters[mid].from < c)
            from = mid + 1;
        else
            to = mid;
    }
    return NULL;
}

/* Marks that a person leaves out. Those that are vowels (of Devanagari, Thai, Khmer ...) stay. */
static bool mark_is_dropped(uint32_t c) {
    static const struct {
        uint32_t from, to;
    } ranges[] = {
        {0x0300, 0x036F}, {0x0483, 0x0489}, {0x0591, 0x05BD}, {0x05BF, 0x05BF}, {0x05C1, 0x05C7}, {0x0610, 0x061A},
        {0x064B, 0x065F}, {0x0670, 0x0670}, {0x06D6, 0x06DC}, {0x06DF, 0x06E8}, {0x06EA, 0x06ED}, {0x093C, 0x093C},
        {0x09BC, 0x09BC}, {0x0A3C, 0x0A3C}, {0x0ABC, 0x0ABC}, {0x0B3C, 0x0B3C}, {0x0E47, 0x0E4E}, {0x0EC8, 0x0ECE},
        {0x1AB0, 0x1AFF}, {0x1DC0, 0x1DFF}, {0x200B, 0x200F}, {0x20D0, 0x20FF}, {0x2060, 0x2064}, {0xFE00, 0xFE0F},
        {0xFE20, 0xFE2F}, {0x00AD, 0x00AD}, {0x30FC, 0x30FC}, {0xFEFF, 0xFEFF}, {0xE0100, 0xE01EF},
    };
    for (size_t i = 0; i < ARRAY_LEN(ranges); i++)
        if (c >= ranges[i].from && c <= ranges[i].to)
            return true;
    return false;
}

static bool is_apostrophe(uint32_t c) {
    return c == '\'' || c == 0x2018 || c == 0x2019 || c == 0x02BC || c == 0x02B9 || c == 0x00B4 || c == '`';
}

static bool is_word_part(uint32_t c) {
    if (c < 0x80)
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    UCharCategory t = (UCharCategory)u_charType((UChar32)c);
    return (t >= U_UPPERCASE_LETTER && t <= U_OTHER_NUMBER);
}

/* ---- ICU, opened once ---- */

static struct {
    pthread_once_t once;
    pthread_mutex_t lock; /* a transliterator is used by one thread at a time */
    const UNormalizer2 *nfkd;
    UTransliterator *latin, *simplified;
    UErrorCode failed;
} icu = {.once = PTHREAD_ONCE_INIT, .lock = PTHREAD_MUTEX_INITIALIZER};

static UTransliterator *rules_open(const char *id) {
    UChar wide[128];
    u_uastrcpy(wide, id);
    return utrans_openU(wide, -1, UTRANS_FORWARD, NULL, 0, NULL, &icu.failed);
}

static void icu_open(void) {
    icu.failed = U_ZERO_ERROR;
    icu.nfkd = unorm2_getNFKDInstance(&icu.failed);
    icu.simplified = rules_open("Traditional-Simplified");
    icu.latin = rules_open("Any-Latin; NFD; [:Nonspacing Mark:] Remove; Latin-ASCII; Lower");
}

/* In place; false: it does not fit, and text is as it was or half done. */
static bool rules_apply(UTransliterator *rules, UChar *text, int32_t *io_n) {
    UErrorCode e = U_ZERO_ERROR;
    int32_t limit = *io_n;
    pthread_mutex_lock(&icu.lock);
    utrans_transUChars(rules, text, io_n, UNITS, 0, &limit, &e);
    pthread_mutex_unlock(&icu.lock);
    return U_SUCCESS(e) && *io_n <= UNITS;
}

/* ---- Folding ---- */

struct writer {
    struct buf *out;
    enum word_kind kind;
    size_t in_word; /* letters of the word that is being written */
    uint32_t last;  /* of it, not written yet: a kana's voice mark is behind it */
};

static void last_write(struct writer *w) {
    if (!w->last)
        return;
    if (w->in_word <= FOLD_WORD_MAX)
        letters_add(w->out, &w->last, 1);
    w->last = 0;
}

static void word_end(struct writer *w) {
    last_write(w);
    if (w->in_word)
        buf_byte(w->out, ' ');
    w->in_word = 0;
}

static void letter_put(struct writer *w, uint32_t c) {
    enum word_kind kind = letter_kind(c);
    if (w->in_word && kind != w->kind)
        word_end(w);
    last_write(w);
    w->kind = kind;
    w->in_word++;
    w->last = c;
}

/* NFKD has parted the voice marks from their kana; put together they are letters of their own again. */
static bool kana_voice(struct writer *w, uint32_t c) {
    if ((c != 0x3099 && c != 0x309A) || w->last < 0x3041 || w->last > 0x3096)
        return c == 0x3099 || c == 0x309A;
    w->last = w->last == 0x3046 ? 0x3094 : w->last + (c == 0x3099 ? 1 : 2);
    return true;
}

static void code_put(struct writer *w, uint32_t c) {
    if (c >= 0x30A1 && c <= 0x30F6)
        c -= 0x60; /* katakana to hiragana */
    if (kana_voice(w, c) || mark_is_dropped(c))
        return;
    const char *like = c < 0x80 ? NULL : letter_like(c);
    if (like) {
        uint32_t as[4];
        size_t n = letters_squeezed(str_of(like), as, ARRAY_LEN(as));
        for (size_t i = 0; i < n; i++)
            letter_put(w, as[i]);
        return;
    }
    int32_t digit = c < 0x80 ? -1 : u_charDigitValue((UChar32)c);
    if (digit >= 0)
        letter_put(w, '0' + (uint32_t)digit);
    else if (is_word_part(c))
        letter_put(w, c);
    else
        word_end(w);
}

/* "don't" is one word as people write it, "l'amour" and "dell'arte" are two. */
static bool apostrophe_joins(const UChar *s, int32_t at, int32_t n) {
    int32_t behind = 0;
    while (at + behind < n && behind < 3 && u_isalpha(s[at + behind]))
        behind++;
    return behind > 0 && behind < 3;
}

static void text_walk(const UChar *s, int32_t n, struct buf *out) {
    struct writer w = {.out = out};
    for (int32_t i = 0; i < n;) {
        UChar32 c;
        U16_NEXT(s, i, n, c);
        if (is_apostrophe((uint32_t)c)) {
            if (!apostrophe_joins(s, i, n))
                word_end(&w);
        } else {
            code_put(&w, (uint32_t)c);
        }
    }
    word_end(&w);
    if (out->n)
        out->n--; /* the last blank */
}

static bool is_ascii(struct str s) {
    for (size_t i = 0; i < s.n; i++)
        if ((uint8_t)s.p[i] >= 0x80)
            return false;
    return true;
}

/* What nearly all English names are needs no ICU. */
static void ascii_walk(struct str s, struct buf *out) {
    UChar wide[FOLD_INPUT_MAX];
    for (size_t i = 0; i < s.n; i++)
        wide[i] = (UChar)(s.p[i] >= 'A' && s.p[i] <= 'Z' ? s.p[i] + 32 : s.p[i]);
    text_walk(wide, (int32_t)s.n, out);
}

static bool has_han(const UChar *s, int32_t n) {
    for (int32_t i = 0; i < n; i++)
        if (s[i] >= 0x2E80 && letter_kind(s[i]) == WORD_HAN)
            return true;
    return false;
}

static bool wide_walk(struct str s, struct buf *out) {
    UChar in[UNITS], apart[UNITS], cased[UNITS];
    UErrorCode e = U_ZERO_ERROR;
    int32_t n = 0;
    u_strFromUTF8WithSub(in, UNITS, &n, s.p, (int32_t)s.n, 0xFFFD, NULL, &e);
    if (U_SUCCESS(e) && has_han(in, n) && !rules_apply(icu.simplified, in, &n))
        return false;
    n = unorm2_normalize(icu.nfkd, in, n, apart, UNITS, &e);
    if (U_SUCCESS(e))
        n = u_strFoldCase(cased, UNITS, apart, n, U_FOLD_CASE_DEFAULT, &e);
    if (U_FAILURE(e))
        return false;
    text_walk(cased, n, out);
    return true;
}

/* Jamo are put together again: ICU's rules are for syllables. */
static void latin_walk(struct str folded, struct buf *out) {
    UChar wide[UNITS];
    char utf8[UNITS];
    UErrorCode e = U_ZERO_ERROR;
    int32_t n = 0;
    u_strFromUTF8WithSub(wide, UNITS, &n, folded.p, (int32_t)folded.n, 0xFFFD, NULL, &e);
    UChar whole[UNITS];
    const UNormalizer2 *nfc = unorm2_getNFCInstance(&e);
    if (U_SUCCESS(e))
        n = unorm2_normalize(nfc, wide, n, whole, UNITS, &e);
    if (U_FAILURE(e) || !rules_apply(icu.latin, whole, &n))
        return;
    for (int32_t i = 0; i < n && i < UNITS; i++)
        utf8[i] = whole[i] < 0x80 ? (char)whole[i] : ' ';
    ascii_walk(str_make(utf8, (size_t)MIN(n, FOLD_INPUT_MAX)), out);
}

/* At a letter's end, not within it. */
static struct str input_cut(struct str s) {
    if (s.n > FOLD_INPUT_MAX) {
        s.n = FOLD_INPUT_MAX;
        while (s.n && ((uint8_t)s.p[s.n] & 0xC0) == 0x80)
            s.n--;
    }
    return s;
}

int search_fold(struct str s, struct arena *a, struct folded *ret, struct err *reterr) {
    scoped(buf_done) struct buf text = BUF(UNITS * 4), latin = BUF(UNITS * 4);
    s = input_cut(s);
    *ret = (struct folded){STR(""), STR_NULL};
    if (is_ascii(s)) {
        ascii_walk(s, &text);
    } else {
        pthread_once(&icu.once, icu_open);
        if (U_FAILURE(icu.failed))
            return err_set(reterr, ERR_INTERNAL, "ICU: %s", u_errorName(icu.failed));
        wide_walk(s, &text); /* one that grows beyond all measure has no words */
        if (!is_ascii(buf_str(&text)))
            latin_walk(buf_str(&text), &latin);
    }
    if (text.failed || latin.failed)
        return err_set(reterr, ERR_NO_MEMORY, "no memory to fold a text");
    if (text.n)
        ret->text = str_dup(a, buf_str(&text));
    if (latin.n)
        ret->latin = str_dup(a, buf_str(&latin));
    return a->failed ? err_set(reterr, ERR_LIMIT, "no room to fold a text") : 0;
}
