/* look.h - how a coded picture means to look: colour as ISO/IEC 23091-2 numbers it, and what HDR10 says of the display it was mastered on. */
#pragma once
#include "base/base.h"

/* SMPTE ST 2086 in the units of H.265 D.3.28: green, blue, red and white in 0.00002, light in 0.0001 cd/m2. */
struct mastering_display {
    uint16_t primaries[3][2], white[2];
    uint32_t max, min;
};
struct picture_look {
    bool has_colour, full_range, has_mastering, has_light;
    uint8_t primaries, transfer, matrix; /* 2: unspecified */
    struct mastering_display mastering;
    uint16_t max_cll, max_fall; /* cd/m2; CTA-861.3 */
};
