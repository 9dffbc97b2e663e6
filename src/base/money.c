/* money.c - see money.h. */
#include "base/money.h"
#include <inttypes.h>

/* Three letters a code. Those with an exponent other than 2 are repeated below. */
static const char codes[] =
    "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD "
    "CAD CDF CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP "
    "GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD "
    "KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN "
    "NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP "
    "SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VED VES "
    "VND VUV WST XAF XCD XOF XPF YER ZAR ZMW ZWG ";
static const char none[] = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF ";
static const char three[] = "BHD IQD JOD KWD LYD OMR TND ";

static bool listed(const char *list, const char *code) {
    for (const char *p = list; *p; p += 4)
        if (memcmp(p, code, 3) == 0)
            return true;
    return false;
}

bool currency_parse(struct str code, struct currency *ret) {
    if (code.n != 3 || !listed(codes, code.p))
        return false;
    memcpy(ret->s, code.p, 3);
    ret->s[3] = 0;
    return true;
}

bool currency_eq(struct currency a, struct currency b) {
    return memcmp(a.s, b.s, sizeof a.s) == 0;
}

int currency_exponent(struct currency c) {
    return listed(none, c.s) ? 0 : listed(three, c.s) ? 3 : 2;
}

bool minor_add(int64_t a, int64_t b, int64_t *ret) {
    int64_t v;
    if (__builtin_add_overflow(a, b, &v))
        return false;
    *ret = v;
    return true;
}

bool minor_sub(int64_t a, int64_t b, int64_t *ret) {
    int64_t v;
    if (__builtin_sub_overflow(a, b, &v))
        return false;
    *ret = v;
    return true;
}

bool minor_mul(int64_t a, int64_t by, int64_t *ret) {
    int64_t v;
    if (__builtin_mul_overflow(a, by, &v))
        return false;
    *ret = v;
    return true;
}

bool money_part(int64_t a, int64_t num, int64_t den, int64_t *ret) {
    assert(den > 0);
    __int128 product = (__int128)a * num;
    __int128 q = product / den, rest = product % den; /* towards zero; rest has product's sign */
    if ((rest < 0 ? -rest : rest) * 2 >= den)
        q += product < 0 ? -1 : 1;
    if (q > INT64_MAX || q < INT64_MIN)
        return false;
    *ret = (int64_t)q;
    return true;
}

bool money_add(struct money a, struct money b, struct money *ret) {
    struct money sum = a;
    if (!currency_eq(a.currency, b.currency) || !minor_add(a.minor, b.minor, &sum.minor))
        return false;
    *ret = sum;
    return true;
}

bool money_sub(struct money a, struct money b, struct money *ret) {
    struct money rest = a;
    if (!currency_eq(a.currency, b.currency) || !minor_sub(a.minor, b.minor, &rest.minor))
        return false;
    *ret = rest;
    return true;
}

bool tax_of(int64_t amount, int64_t rate_bp, bool inclusive, int64_t *ret_tax) {
    assert(rate_bp >= 0 && rate_bp <= 10000);
    return money_part(amount, rate_bp, inclusive ? 10000 + rate_bp : 10000, ret_tax);
}

void money_write(struct money m, char *dst) {
    static const uint64_t scale[] = {1, 10, 100, 1000};
    int digits = currency_exponent(m.currency);
    uint64_t v = m.minor < 0 ? 0 - (uint64_t)m.minor : (uint64_t)m.minor;
    const char *sign = m.minor < 0 ? "-" : "";
    if (digits == 0)
        snprintf(dst, MONEY_TEXT_CAP, "%s%" PRIu64 " %s", sign, v, m.currency.s);
    else
        snprintf(dst, MONEY_TEXT_CAP, "%s%" PRIu64 ".%0*" PRIu64 " %s", sign, v / scale[digits],
                 digits, v % scale[digits], m.currency.s);
}
