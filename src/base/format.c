/*
 * format.c - the conversions that make up an answer, a log line or a key: %s, %c and whole numbers, with width,
 * precision and zeros. Anything else is left to vsnprintf, from the start.
 *
 * Why not vsnprintf for all: libquadmath, which comes with libav, hooks into printf when it is loaded, and from
 * then on glibc takes every format in the process the long way round: a playback decision spent a fifth of its
 * instructions there.
 */
#include "base/format.h"
#include <stdio.h>
#include <string.h>

enum { DIGITS_MAX = 24, WIDTH_MAX = 1000, NO_PRECISION = -1, PRECISION_ARG = -2 };

struct out {
    char *p;
    size_t n, cap; /* n: also what found no room */
};

static void out_mem(struct out *o, const char *p, size_t n) {
    if (o->n < o->cap)
        memcpy(o->p + o->n, p, MIN(n, o->cap - o->n));
    o->n += n;
}

static void out_fill(struct out *o, char c, int n) {
    for (; n > 0; n--)
        out_mem(o, &c, 1);
}

struct spec {
    bool left, zero;
    int width, precision;
    char length; /* 0, l, L for ll, z */
    char conversion;
};

/* False: too large to be ours. */
static bool number_read(const char **p, int *ret) {
    for (*ret = 0; **p >= '0' && **p <= '9'; ++*p)
        if ((*ret = *ret * 10 + (**p - '0')) > WIDTH_MAX)
            return false;
    return true;
}

static bool precision_read(const char **p, int *ret) {
    if (**p != '.')
        return true;
    ++*p;
    if (**p != '*')
        return number_read(p, ret);
    ++*p;
    *ret = PRECISION_ARG;
    return true;
}

static char length_read(const char **p) {
    if (**p != 'l' && **p != 'z')
        return 0;
    char length = *(*p)++;
    if (length == 'l' && **p == 'l') {
        ++*p;
        return 'L';
    }
    return length;
}

/* *p: at '%', then behind the conversion. False: not one of ours. */
static bool spec_read(const char **p, struct spec *s) {
    const char *begin = ++*p;
    *s = (struct spec){.precision = NO_PRECISION};
    for (; **p == '-' || **p == '0'; ++*p) {
        s->left |= **p == '-';
        s->zero |= **p == '0';
    }
    if (!number_read(p, &s->width) || !precision_read(p, &s->precision))
        return false;
    s->length = length_read(p);
    s->conversion = **p;
    switch (s->conversion) {
    case 's': break;
    case 'c':
    case 'd':
    case 'i':
    case 'u':
    case 'x':
    case 'X':
        if (s->precision != NO_PRECISION)
            return false;
        break;
    case '%': return (*p)++ == begin;
    default: return false;
    }
    ++*p;
    bool text = s->conversion == 's' || s->conversion == 'c';
    return !text || (!s->zero && !s->length);
}

static void padded(struct out *o, const struct spec *s, const char *sign, const char *text, size_t n) {
    if (!s->width && !*sign) {
        out_mem(o, text, n);
        return;
    }
    int missing = s->width - (int)(n + strlen(sign));
    if (!s->left && !s->zero)
        out_fill(o, ' ', missing);
    out_mem(o, sign, strlen(sign));
    if (!s->left && s->zero)
        out_fill(o, '0', missing);
    out_mem(o, text, n);
    if (s->left)
        out_fill(o, ' ', missing);
}

static void number_out(struct out *o, const struct spec *s, uint64_t v, bool negative) {
    char text[DIGITS_MAX], *p = text + sizeof text;
    const char *digits = s->conversion == 'X' ? "0123456789ABCDEF" : "0123456789abcdef";
    if (s->conversion == 'x' || s->conversion == 'X') {
        do
            *--p = digits[v & 15];
        while (v >>= 4);
    } else {
        do
            *--p = (char)('0' + v % 10);
        while (v /= 10);
    }
    padded(o, s, negative ? "-" : "", p, (size_t)(text + sizeof text - p));
}

/* A macro, for an array type that decays cannot be handed on by its address. */
#define SIGNED_ARG(s, ap)                                                                          \
    ((s)->length == 'L'   ? va_arg(ap, long long)                                                  \
     : (s)->length == 'l' ? va_arg(ap, long)                                                       \
     : (s)->length == 'z' ? va_arg(ap, ptrdiff_t)                                                  \
                          : va_arg(ap, int))
#define UNSIGNED_ARG(s, ap)                                                                        \
    ((s)->length == 'L'   ? va_arg(ap, unsigned long long)                                         \
     : (s)->length == 'l' ? va_arg(ap, unsigned long)                                              \
     : (s)->length == 'z' ? va_arg(ap, size_t)                                                     \
                          : va_arg(ap, unsigned))

/* False: what follows is for vsnprintf. */
static bool text_out(struct out *o, const struct spec *s, const char *text) {
    if (!text)
        return false;
    padded(o, s, "", text, s->precision >= 0 ? strnlen(text, (size_t)s->precision) : strlen(text));
    return true;
}

static void signed_out(struct out *o, const struct spec *s, int64_t v) {
    number_out(o, s, v < 0 ? 0 - (uint64_t)v : (uint64_t)v, v < 0);
}

int text_vformat(char *dst, size_t cap, const char *fmt, va_list ap) {
    struct out o = {dst, 0, cap};
    struct spec s;
    va_list whole;
    bool ours = true;
    va_copy(whole, ap);
    for (const char *p = fmt; ours && *p;) {
        size_t literal = strcspn(p, "%");
        out_mem(&o, p, literal);
        p += literal;
        if (!*p || !(ours = spec_read(&p, &s)))
            break;
        if (s.precision == PRECISION_ARG)
            s.precision = va_arg(ap, int); /* a negative one counts as none */
        if (s.conversion == 's')
            ours = text_out(&o, &s, va_arg(ap, const char *));
        else if (s.conversion == 'c')
            padded(&o, &s, "", (char[]){(char)va_arg(ap, int)}, 1);
        else if (s.conversion == '%')
            out_mem(&o, "%", 1);
        else if (s.conversion == 'd' || s.conversion == 'i')
            signed_out(&o, &s, SIGNED_ARG(&s, ap));
        else
            number_out(&o, &s, UNSIGNED_ARG(&s, ap), false);
    }
    if (ours && cap)
        dst[MIN(o.n, cap - 1)] = 0;
    int n = ours ? (int)o.n : vsnprintf(dst, cap, fmt, whole);
    va_end(whole);
    return n;
}

int text_format(char *dst, size_t cap, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    int n = text_vformat(dst, cap, fmt, ap);
    va_end(ap);
    return n;
}
