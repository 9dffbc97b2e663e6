/* scale.h - a scaler with its colour ranges settled. */
#pragma once
#include "base/base.h"
#include <libavutil/pixfmt.h>
#include <libswscale/swscale.h>

/* NULL: not possible. The caller frees it with sws_freeContext() and sets the coefficients. */
struct SwsContext *scale_context(int in_w, int in_h, enum AVPixelFormat format, bool in_full, int w, int h,
                                 enum AVPixelFormat out_format, bool out_full, int flags);
